/**
 * This page's outbox: opened once, shared by all behaviours of the page.
 * @import { Ctx } from "../outbox/types.js"
 */
import { openContext, shrinkWorker } from "../outbox/context.js";

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
