/**
 * @import { Ctx, Id } from "./types.js"
 */
const later = () => { throw new Error("being written"); };
/** @param {Ctx} ctx @returns {Promise<{loaded: boolean, signIn: boolean}>} */
export async function refresh(ctx) { return later(); }
/** Of the current user; null when not loaded. Names: kinds categories programmes questions phrases units officers projects contacts briefs open_issues outcomes me loaded_at recent_projects last_kind_by_project
 * @param {Ctx} ctx @param {string} name @returns {Promise<any>} */
export async function read(ctx, name) { return later(); }
/** @param {Ctx} ctx @param {string} name @param {any} value @returns {Promise<void>} */
export async function remember(ctx, name, value) { return later(); }
/** @param {Ctx} ctx @param {Id} owner @returns {Promise<void>} */
export async function purgeFor(ctx, owner) { return later(); }
/** Call at start: data not refreshed for 14 days goes.
 * @param {Ctx} ctx @returns {Promise<boolean>} */
export async function purgeExpired(ctx) { return later(); }
