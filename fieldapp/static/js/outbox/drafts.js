/**
 * @import { Ctx, Form, Id, Occurred, OutboxRecord, Photo, PhotoRole, RecordType, Shrunk } from "./types.js"
 */
const later = () => { throw new Error("being written"); };
/** @typedef {{type?: RecordType, form?: Form, occurred?: Occurred, title?: string, owner?: Id}} Preset */

/** A new draft, stored at once, leased to this tab. Throws OwnerUnknown.
 * @param {Ctx} ctx @param {Preset} [preset] @returns {Promise<OutboxRecord>} */
export async function beginDraft(ctx, preset = {}) { return later(); }
/** Autosave; renews the lease. Throws LeaseHeld, QuotaProblem, StoreProblem.
 * @param {Ctx} ctx @param {Id} id @param {Form} form @param {Occurred} [occurred] @param {string} [title] @returns {Promise<OutboxRecord>} */
export async function saveForm(ctx, id, form, occurred, title) { return later(); }
/** Stores the camera's bytes at once, then hashes what was read back.
 * @param {Ctx} ctx @param {Id} recordId
 * @param {{bytes: ArrayBuffer, type: string, taken_at?: string|null, role?: PhotoRole, position?: Record<string, any>|null}} given
 * @returns {Promise<Photo>} */
export async function addPhoto(ctx, recordId, given) { return later(); }
/** @param {Ctx} ctx @param {Id} photoId @param {{caption?: string, role?: PhotoRole, viewpoint?: string, sensitive?: boolean}} change @returns {Promise<Photo>} */
export async function setPhoto(ctx, photoId, change) { return later(); }
/** Asks ctx.shrink for the 2048 px version and swaps it in; on failure the camera's bytes stay. Call it after addPhoto, not awaited by the form.
 * @param {Ctx} ctx @param {Id} photoId @returns {Promise<Photo>} */
export async function shrinkPhoto(ctx, photoId) { return later(); }
/** @param {Ctx} ctx @param {Id} photoId @param {Shrunk} made @returns {Promise<Photo>} */
export async function replaceBytes(ctx, photoId, made) { return later(); }
/** Unlists it; bytes go at the next save. Undo = orderPhotos with it in the list again.
 * @param {Ctx} ctx @param {Id} photoId @returns {Promise<OutboxRecord>} */
export async function removePhoto(ctx, photoId) { return later(); }
/** @param {Ctx} ctx @param {Id} recordId @param {Id[]} ids @returns {Promise<OutboxRecord>} */
export async function orderPhotos(ctx, recordId, ids) { return later(); }
/** Saves a draft or an edit (visit, supplement or event). Only when this resolves may the page say "saved on this phone".
 * @param {Ctx} ctx @param {Id} id @returns {Promise<{record: OutboxRecord, photos: Photo[]}>} */
export async function saveVisit(ctx, id) { return later(); }
/** Opens a draft, a saved record, or a sealed one that never had a 2xx. Throws LeaseHeld, AlreadyReceived.
 * The returned `form`, `occurred`, `photo_ids` are those to show (an unsaved edit included).
 * @param {Ctx} ctx @param {Id} id @returns {Promise<{record: OutboxRecord, photos: Photo[]}>} */
export async function editRecord(ctx, id) { return later(); }
/** Throws the open edit of a saved record away and closes the form.
 * @param {Ctx} ctx @param {Id} id @returns {Promise<OutboxRecord>} */
export async function cancelEdit(ctx, id) { return later(); }
/** The user has been asked twice. Throws AlreadyReceived, LeaseHeld.
 * @param {Ctx} ctx @param {Id} id @returns {Promise<void>} */
export async function dropRecord(ctx, id) { return later(); }
/** @param {Ctx} ctx @param {Id} id @returns {Promise<OutboxRecord>} */
export async function takeLease(ctx, id) { return later(); }
/** @param {Ctx} ctx @param {Id} id @returns {Promise<OutboxRecord>} */
export async function renewLease(ctx, id) { return later(); }
/** @param {Ctx} ctx @param {Id} id @returns {Promise<void>} */
export async function releaseLease(ctx, id) { return later(); }
/** @param {Ctx} ctx @param {Id} photoId @returns {Promise<ArrayBuffer|null>} */
export async function photoBytes(ctx, photoId) { return later(); }
/** Bytes the record would have; the form holds to MAX_RAW_BYTES while typing.
 * @param {Form} form @returns {number} */
export function formSize(form) { return later(); }
export const MAX_RAW_BYTES = 1_000_000;
export const MAX_PHOTOS = 20;
