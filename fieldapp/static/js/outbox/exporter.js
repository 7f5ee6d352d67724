/**
 * @import { Ctx, Id, OutboxRecord, Photo } from "./types.js"
 */
const later = () => { throw new Error("being written"); };
/** One JSON file of sealed records with their photos. Seals first; nothing is removed.
 * @param {Ctx} ctx @param {Id[]} ids @returns {Promise<{name: string, bytes: ArrayBuffer}>} */
export async function exportRecords(ctx, ids) { return later(); }
/** The same file from what is only on the screen, when not even the draft could be stored.
 * @param {Ctx} ctx @param {OutboxRecord} record @param {{photo: Photo, bytes: ArrayBuffer}[]} photos @returns {Promise<{name: string, bytes: ArrayBuffer}>} */
export async function exportForm(ctx, record, photos) { return later(); }
