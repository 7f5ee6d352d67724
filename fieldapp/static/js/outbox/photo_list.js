/**
 * Which photos a record lists: added, taken out, put in order. What a photo itself is: photos.js.
 * @import { Ctx, Id, OutboxRecord, Photo, PhotoRole } from "./types.js"
 */
import { PHOTOS, amend, openPart, withOpen } from "./drafts.js";
import { sha256Hex } from "./hash.js";
import { announce, changePhoto, mustHavePhoto, newPhoto, photoBytes } from "./photos.js";
import { OutboxProblem, StoreProblem } from "./problems.js";
import { withRoom } from "./receipts.js";
import { holding } from "./records.js";

export const MAX_PHOTOS = 20;

/**
 * Stores the camera's bytes at once, before anything else can go wrong, then hashes what was read back.
 * @param {Ctx} ctx
 * @param {Id} recordId
 * @param {{bytes: ArrayBuffer, type: string, taken_at?: string|null, role?: PhotoRole, position?: Record<string, any>|null}} given
 * @returns {Promise<Photo>}
 */
export async function addPhoto(ctx, recordId, given) {
  const photo = newPhoto(ctx, recordId, given);
  await withRoom(ctx, given.bytes.byteLength, () =>
    holding(ctx, recordId, ["photos", "bytes"], async (tx, record) => {
      const open = openPart(record);
      if (open.photo_ids.length >= MAX_PHOTOS) throw new OutboxProblem("too-many-photos");
      await tx.put("bytes", { id: photo.id, buf: given.bytes });
      await tx.put("photos", photo);
      await tx.put("records", withOpen(ctx, record, { ...open, photo_ids: [...open.photo_ids, photo.id] }));
    }),
  );
  const back = await photoBytes(ctx, photo.id);
  const sha256 = await sha256Hex(given.bytes);
  if (!back || (await sha256Hex(back)) !== sha256) {
    throw new StoreProblem("the photo did not come back as it was written");
  }
  const hashed = await changePhoto(ctx, photo.id, (now) => ({
    ...now,
    sha256: now.sha256 ?? sha256,
    sha256_camera: now.sha256_camera ?? sha256,
  }));
  announce(ctx, recordId);
  return hashed;
}

/**
 * Only unlists it; the bytes go at the next save. Undo = `orderPhotos` with it in the list again.
 * @param {Ctx} ctx
 * @param {Id} photoId
 * @returns {Promise<OutboxRecord>}
 */
export async function removePhoto(ctx, photoId) {
  const photo = await mustHavePhoto(ctx, photoId);
  return amend(ctx, photo.record, PHOTOS, (open) => ({
    ...open,
    photo_ids: open.photo_ids.filter((id) => id !== photoId),
  }));
}

/**
 * @param {Ctx} ctx
 * @param {Id} recordId
 * @param {Id[]} ids
 * @returns {Promise<OutboxRecord>}
 */
export async function orderPhotos(ctx, recordId, ids) {
  const own = /** @type {Photo[]} */ (await ctx.store.list("photos", "record", recordId));
  const known = new Set(own.map((photo) => photo.id));
  return amend(ctx, recordId, PHOTOS, (open) => ({ ...open, photo_ids: [...new Set(ids)].filter((id) => known.has(id)) }));
}
