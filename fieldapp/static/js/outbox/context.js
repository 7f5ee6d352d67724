/**
 * @import { Ctx, Mirror, Shrink } from "./types.js"
 */
/**
 * What a page does first. `jar` is its `document` (for the loss detector's cookie), `shrink` from worker/shrinker (see below).
 * Also remembers a loss found (loss.js) and holds this tab's lock, so that a killed page's drafts open at once.
 * @param {{appVersion?: string, jar?: {cookie: string}|null, shrink?: Shrink|null, name?: string}} [page]
 * @returns {Promise<Ctx>}
 */
export async function openContext(page = {}) { throw new Error("being written"); }
/** A Shrink that asks the module worker at `url` (static_url of js/worker/shrink.js).
 * @param {string} url @returns {Shrink} */
export function shrinkWorker(url) { throw new Error("being written"); }
