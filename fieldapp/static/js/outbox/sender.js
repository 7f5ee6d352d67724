/**
 * @import { Ctx, RunResult } from "./types.js"
 */
/** One flush. Never throws for what the network or the server does.
 * @param {Ctx} ctx @returns {Promise<RunResult>} */
export async function run(ctx) { throw new Error("being written"); }
/** Forgets back-off, then the page calls run. "manual" also wakes what needs a person.
 * @param {Ctx} ctx @param {"manual"|"online"|"open"} reason @returns {Promise<void>} */
export async function wake(ctx, reason) { throw new Error("being written"); }
