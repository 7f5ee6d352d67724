/**
 * Sealing: the record is serialised once and those exact bytes are sent for ever. No update of the app and no change of
 * the form re-serialises a sealed record; an edit before any 2xx makes revision n + 1 (docs/sync-protocol.md 4).
 * @import { Ctx, Id, OutboxRecord, Photo } from "./types.js"
 */
import { sha256Hex } from "./hash.js";
import { LeaseHeld, OutboxProblem, StoreProblem } from "./problems.js";
import { heldElsewhere } from "./records.js";

export const SCHEMA = 1;
const TRIES = 3;

/**
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {{holder?: string, now?: boolean}} [options]  `holder`: whose lease does not count · `now`: an export waits for nobody
 * @returns {Promise<OutboxRecord>}
 */
export async function seal(ctx, id, { holder = "", now = false } = {}) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const record = /** @type {OutboxRecord|undefined} */ (await ctx.store.get("records", id));
    if (!record) throw new OutboxProblem("gone");
    if (record.sealed) return record;
    if (record.state === "draft") throw new OutboxProblem("not-saved");
    if (!now && record.lease && (await heldElsewhere(ctx, record, holder))) throw new LeaseHeld(record.lease);
    const photos = await manifestPhotos(ctx, record, now);
    const bytes = envelopeBytes(record, photos);
    const sha256 = await sha256Hex(bytes);
    if (await store(ctx, record, photos, bytes, sha256)) return readBack(ctx, id, sha256);
  }
  throw new StoreProblem("the record changed again and again while it was being sealed");
}

/**
 * The photos in order, each with its hash.
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 * @param {boolean} now
 * @returns {Promise<Photo[]>}
 */
export async function manifestPhotos(ctx, record, now) {
  const photos = [];
  for (const id of record.photo_ids) {
    const photo = /** @type {Photo|undefined} */ (await ctx.store.get("photos", id));
    if (!photo) continue;
    if (!now && !photo.shrunk && photo.shrinking_until > ctx.clock.now()) throw new OutboxProblem("shrinking");
    const hashed = await withHash(ctx, photo);
    if (hashed) photos.push(hashed);
  }
  return photos;
}

/**
 * The page may have been killed between storing the bytes and hashing them.
 * @param {Ctx} ctx
 * @param {Photo} photo
 * @returns {Promise<Photo|null>}
 */
async function withHash(ctx, photo) {
  if (photo.sha256) return photo;
  const row = await ctx.store.get("bytes", photo.id);
  if (!row) return null;
  const sha256 = await sha256Hex(row.buf);
  return ctx.store.tx(["photos"], async (tx) => {
    const current = /** @type {Photo|undefined} */ (await tx.get("photos", photo.id));
    if (!current || current.sha256) return current ?? null;
    const hashed = { ...current, sha256, sha256_camera: current.sha256_camera ?? sha256 };
    await tx.put("photos", hashed);
    return hashed;
  });
}

/**
 * @param {OutboxRecord} record
 * @param {Photo[]} photos
 * @returns {ArrayBuffer}
 */
export function envelopeBytes(record, photos) {
  const said = record.occurred.said;
  const envelope = {
    id: record.id,
    type: record.type,
    schema: SCHEMA,
    rev: record.rev,
    replaces: record.replaces,
    owner: record.owner,
    device: record.device,
    seq: record.seq,
    occurred_at: record.occurred.at ?? record.recorded_at,
    recorded_at: record.recorded_at,
    clock_offset_ms: record.clock_offset_ms,
    clock_measured_at: record.clock_measured_at,
    app_version: record.app_version,
    photos: photos.map(claim),
    body: record.type === "visit" ? { ...record.form, said_when: said } : record.form,
  };
  const text = new TextEncoder().encode(JSON.stringify(envelope));
  return /** @type {ArrayBuffer} */ (text.buffer.slice(text.byteOffset, text.byteOffset + text.byteLength));
}

/** @param {Photo} photo */
function claim(photo) {
  return {
    id: photo.id,
    sha256: photo.sha256,
    size: photo.size,
    type: photo.type,
    taken_at: photo.taken_at,
    role: photo.role,
    caption: photo.caption,
    viewpoint: photo.viewpoint,
    sensitive: photo.sensitive,
    sha256_camera: photo.sha256_camera,
    exif_claimed: photo.exif_claimed,
    position: photo.position,
    width: photo.width,
    height: photo.height,
  };
}

/**
 * false when the record or a photo changed while we hashed.
 * @param {Ctx} ctx
 * @param {OutboxRecord} seen
 * @param {Photo[]} photos
 * @param {ArrayBuffer} bytes
 * @param {string} sha256
 * @returns {Promise<boolean>}
 */
function store(ctx, seen, photos, bytes, sha256) {
  return ctx.store.tx(["records", "photos"], async (tx) => {
    const record = /** @type {OutboxRecord|undefined} */ (await tx.get("records", seen.id));
    if (!record || record.sealed || record.rev !== seen.rev || record.saved_at !== seen.saved_at) return false;
    for (const photo of photos) {
      const current = /** @type {Photo|undefined} */ (await tx.get("photos", photo.id));
      if (!current || JSON.stringify(claim(current)) !== JSON.stringify(claim(photo))) return false;
      await tx.put("photos", { ...current, sealed: true });
    }
    await tx.put("records", { ...record, sealed: bytes, sha256, state: "sealed" });
    return true;
  });
}

/**
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {string} sha256
 * @returns {Promise<OutboxRecord>}
 */
async function readBack(ctx, id, sha256) {
  const record = /** @type {OutboxRecord|undefined} */ (await ctx.store.get("records", id));
  if (!record?.sealed || (await sha256Hex(record.sealed)) !== sha256) {
    throw new StoreProblem("the sealed bytes did not come back as they were written");
  }
  return record;
}
