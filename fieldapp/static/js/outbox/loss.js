/**
 * @import { Ctx } from "./types.js"
 * @typedef {{device: string, last_seq: number, queued: number}} Loss
 */
const later = () => { throw new Error("being written"); };
/** What an earlier installation on this phone still had when its storage vanished; null = nothing known to be lost.
 * @param {Ctx} ctx @returns {Promise<Loss|null>} */
export async function check(ctx) { return later(); }
/** The officer has read it.
 * @param {Ctx} ctx @returns {Promise<void>} */
export async function acknowledge(ctx) { return later(); }
