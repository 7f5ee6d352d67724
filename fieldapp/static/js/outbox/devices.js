/**
 * @import { Ctx, Id } from "./types.js"
 */
const later = () => { throw new Error("being written"); };
/** Asks GET /api/v1/me and remembers the answer as the current user; purges another user's reference data. null: nobody (401); undefined: no answer.
 * @param {Ctx} ctx @returns {Promise<{id: Id, name: string}|null|undefined>} */
export async function signedIn(ctx) { return later(); }
/** Call at an explicit sign-out, before leaving: purges reference data and sent bytes; the queue stays.
 * @param {Ctx} ctx @returns {Promise<void>} */
export async function signOut(ctx) { return later(); }
/** @param {Ctx} ctx @returns {Promise<boolean>} */
export async function contact(ctx) { return later(); }
/** @param {Ctx} ctx @param {string} epoch @returns {Promise<boolean>} */
export async function heal(ctx, epoch) { return later(); }
/** What the server wants the officer to know ([{code, …}]).
 * @param {Ctx} ctx @returns {Promise<{code: string, [more: string]: any}[]>} */
export async function notices(ctx) { return later(); }
