/**
 * @import { Channel, Ctx, Id, News, OutboxRecord, Photo, Place, Row, Summary } from "./types.js"
 */
const later = () => { throw new Error("being written"); };
/** @param {Ctx} ctx @param {Id|null} owner @returns {Promise<Summary>} */
export async function summary(ctx, owner) { return later(); }
/** Everything of one owner, newest first, drafts included; bytes left out.
 * @param {Ctx} ctx @param {Id} owner @returns {Promise<Row[]>} */
export async function outbox(ctx, owner) { return later(); }
/** @param {OutboxRecord} record @param {Photo[]} photos @param {number} now @returns {Place} */
export function place(record, photos, now) { return later(); }
/** @param {Ctx} ctx @param {(news: News) => void} listener @returns {() => void} */
export function subscribe(ctx, listener) { return later(); }
/** @param {string} [name] @returns {Channel} */
export function openChannel(name = "fieldapp") { return later(); }
/** @param {Ctx} ctx @returns {Promise<{id: Id, name: string, [more: string]: any}|null>} */
export async function currentUser(ctx) { return later(); }
