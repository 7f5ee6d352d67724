/**
 * This page's outbox: opened once, shared by all behaviours of the page.
 * @import { Ctx } from "../outbox/types.js"
 */
import { openContext, shrinkWorker } from "../outbox/context.js";
import { currentUser, subscribe } from "../outbox/state.js";

/** @type {Promise<Ctx>|null} */
let opened = null;

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
 * signed in (sign_in.js notes that, start.js that the office has said who it was): what they write at once must not lie
 * under the name of the one before. Eight seconds, and it is whose it was.
 * @returns {Promise<{id: string, name: string}|null>}
 */
export async function author() {
  const ctx = await phone();
  const known = await currentUser(ctx);
  if ((known && !localStorage["fieldapp-entering"]) || !navigator.onLine) return known;
  const { whoIsHere } = await import("../outbox/devices.js");
  return (await Promise.race([whoIsHere(ctx), new Promise((late) => setTimeout(late, 8000))])) ?? known;
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
