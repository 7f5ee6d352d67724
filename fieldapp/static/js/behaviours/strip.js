/** The one line under the title that says where this phone stands, and the number on the app's icon. */
import { currentUser, subscribe, summary } from "../outbox/state.js";
import { held, stripState } from "./held.js";
import { phone } from "./phone.js";
import { afterRun } from "./sending.js";

/** @param {ReturnType<typeof stripState>} state */
function show(state) {
  const strip = document.querySelector("[data-strip]");
  const text = strip?.querySelector("[data-strip-text]");
  if (!(strip instanceof HTMLElement) || !text) return;
  strip.hidden = state === null;
  if (state === null) return;
  strip.dataset["state"] = state.state;
  const word = (/** @type {string} */ name) => (strip.getAttribute(`data-word-${name}`) ?? "").replace("{n}", String(state.n));
  const words = state.offline && state.n > 0 ? `${word("offline")} · ${word("waiting")}` : word(state.word);
  text.textContent = words;
}

export async function showStrip() {
  const ctx = await phone();
  const later = held(show);
  let signIn = false;
  const look = async () => {
    const user = await currentUser(ctx);
    const seen = await summary(ctx, user?.id ?? null);
    later(stripState({ ...seen, online: navigator.onLine, signIn }));
    badge(seen.saved + seen.waiting + seen.sending + seen.needs_you);
  };
  const quietly = () => void look().catch(reportError);
  subscribe(ctx, quietly);
  afterRun((result) => {
    signIn = result.signIn;
    quietly();
  });
  addEventListener("online", quietly);
  addEventListener("offline", quietly);
  addEventListener("pageshow", quietly);
  await look();
}

/** Nobody's records are counted once they have signed out, and no number is shown then. @param {number} n @param {any} [app] */
export function badge(n, app = navigator) {
  void (n > 0 ? app.setAppBadge?.(n) : app.clearAppBadge?.())?.catch?.(() => undefined);
}
