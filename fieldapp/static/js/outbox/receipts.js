/**
 * @import { Ctx, Id, OutboxRecord, Receipt } from "./types.js"
 */
const later = () => { throw new Error("being written"); };
/** @param {Ctx} ctx @param {Id} id @param {Receipt} receipt @returns {Promise<OutboxRecord|null>} */
export async function applyReceipt(ctx, id, receipt) { return later(); }
/** The officer gives a refused or stuck photo up on purpose: the server is told, the bytes go.
 * @param {Ctx} ctx @param {Id} photoId @returns {Promise<void>} */
export async function dropPhoto(ctx, photoId) { return later(); }
/** Bytes freed.
 * @param {Ctx} ctx @param {number} need @returns {Promise<number>} */
export async function purge(ctx, need) { return later(); }
/** The calendar of sent things: records 30 days, photo bytes 7 days and 200 MB.
 * @param {Ctx} ctx @returns {Promise<void>} */
export async function tidy(ctx) { return later(); }
