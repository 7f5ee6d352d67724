/**
 * This page's outbox: opened once, shared by all behaviours of the page.
 * @import { Ctx } from "../outbox/types.js"
 */
import { openContext, shrinkWorker } from "../outbox/context.js";
import { currentUser, subscribe } from "../outbox/state.js";

/** @type {Promise<Ctx>|null} */
let opened = null;

/** Set where one signs in, until the office has said who did: whoever was known before need not be who holds the phone. */
export const ENTERING = "fieldapp-entering";
const PATIENCE = 8000;

/** The version of the static tree that this page was rendered with: part of every address (core/assets.py). */
export const appVersion = new URL(import.meta.url).pathname.split("/")[2] ?? "";

/** @returns {Promise<Ctx>} */
export function phone() {
  opened ??= openContext({
    appVersion,
    jar: document,
    shrink: shrinkWorker(new URL("../worker/shrink.js", import.meta.url).href),
  });
  return opened;
}

/**
 * Whose phone this is: who signed in last. The server is asked where nobody is known, or where somebody may just have
 * signed in: what they write at once must not lie under the name of the one before.
 * @returns {Promise<{id: string, name: string}|null>}
 */
export async function author() {
  const ctx = await phone();
  const known = await currentUser(ctx);
  if ((known && !localStorage.getItem(ENTERING)) || !navigator.onLine) return known;
  const { whoIsHere } = await import("../outbox/devices.js");
  const me = await Promise.race([whoIsHere(ctx), new Promise((late) => setTimeout(late, PATIENCE))]);
  if (me !== undefined) localStorage.removeItem(ENTERING);
  return me ?? known;
}

/** A page that shows one person's records begins anew when another signs in. @param {() => boolean} mayReload */
export async function followAuthor(mayReload) {
  const shown = (await author())?.id ?? null;
  const ctx = await phone();
  subscribe(ctx, async ({ kind }) => {
    if (kind !== "user" || ((await currentUser(ctx))?.id ?? null) === shown) return;
    if (mayReload()) location.reload();
  });
}
