/**
 * A photo of a record as it lies here: its bytes, its small version, what is said of it. Which photos a record lists:
 * photo_list.js.
 * @import { Ctx, Id, Photo, PhotoRole, Shrunk } from "./types.js"
 */
import { readExif } from "./exif.js";
import { sha256Hex } from "./hash.js";
import { uuid7 } from "./ids.js";
import { OutboxProblem } from "./problems.js";

/** A photo not shrunk by then goes as the camera gave it. */
const SHRINK_MS = 60_000;

/**
 * @param {Ctx} ctx
 * @param {Id} record
 * @param {{bytes: ArrayBuffer, type: string, taken_at?: string|null, role?: PhotoRole, position?: Record<string, any>|null}} given
 * @returns {Photo}
 */
export function newPhoto(ctx, record, { bytes, type, taken_at, role = "progress", position = null }) {
  const exif = readExif(bytes);
  return {
    id: uuid7(ctx.clock, ctx.random),
    record,
    thumb: null,
    has_bytes: true,
    type: type || "application/octet-stream",
    size: bytes.byteLength,
    sha256: null,
    sha256_camera: null,
    taken_at: taken_at ?? exif.taken_at ?? null,
    role,
    caption: "",
    viewpoint: "",
    sensitive: false,
    width: null,
    height: null,
    shrunk: false,
    shrinking_until: ctx.shrink ? ctx.clock.now() + SHRINK_MS : 0,
    shrink_failed: null,
    sealed: false,
    state: "kept",
    reason: null,
    upload_url: null,
    offset: 0,
    tries: 0,
    next_at: 0,
    piece: null,
    piece_limit: null,
    bad_hash: 0,
    problem: null,
    withdrawal: null,
    exported: false,
    exif_claimed: exif.claimed,
    position,
  };
}

/**
 * @param {Ctx} ctx
 * @param {Id} photoId
 * @returns {Promise<ArrayBuffer|null>}
 */
export async function photoBytes(ctx, photoId) {
  return (await ctx.store.get("bytes", photoId))?.buf ?? null;
}

/**
 * In order, bytes left out.
 * @param {Ctx} ctx
 * @param {{id: Id, photo_ids: Id[]}} record
 * @returns {Promise<Photo[]>}
 */
export async function photosOf(ctx, record) {
  const all = /** @type {Photo[]} */ (await ctx.store.list("photos", "record", record.id));
  const byId = new Map(all.map((photo) => [photo.id, photo]));
  return record.photo_ids.flatMap((id) => byId.get(id) ?? []);
}

/**
 * @param {Ctx} ctx
 * @param {Id} photoId
 * @param {{caption?: string, role?: PhotoRole, viewpoint?: string, sensitive?: boolean}} change
 * @returns {Promise<Photo>}
 */
export async function setPhoto(ctx, photoId, change) {
  const photo = await changePhoto(ctx, photoId, (now) => ({ ...now, ...change }));
  announce(ctx, photo.record);
  return photo;
}

/**
 * Asks ctx.shrink for the 2048 px version and swaps it in; if it fails (HEIC, an odd file) the camera's bytes stay and go
 * up as they are. Called after addPhoto; the form need not wait for it.
 * @param {Ctx} ctx
 * @param {Id} photoId
 * @returns {Promise<Photo>}
 */
export async function shrinkPhoto(ctx, photoId) {
  const photo = await mustHavePhoto(ctx, photoId);
  const bytes = await photoBytes(ctx, photoId);
  if (!ctx.shrink || !bytes || photo.shrunk || photo.sealed || photo.shrink_failed) return photo;
  const made = await ctx.shrink(bytes, photo.type).catch((error) => ({ failed: String(error) }));
  if ("failed" in made) {
    const kept = await changePhoto(ctx, photoId, (now) => ({ ...now, shrinking_until: 0, shrink_failed: made.failed }));
    announce(ctx, kept.record);
    return kept;
  }
  return replaceBytes(ctx, photoId, made);
}

/**
 * Swaps the verified 2048 px version in. Once the record is sealed the bytes stay what they are.
 * @param {Ctx} ctx
 * @param {Id} photoId
 * @param {Shrunk} made
 * @returns {Promise<Photo>}
 */
export async function replaceBytes(ctx, photoId, made) {
  const before = await mustHavePhoto(ctx, photoId);
  const sha256 = await sha256Hex(made.bytes);
  const original = before.sha256_camera ?? (await hashOfStored(ctx, photoId));
  const photo = await ctx.store.tx(["photos", "bytes"], async (tx) => {
    const now = /** @type {Photo|undefined} */ (await tx.get("photos", photoId));
    if (!now) throw new OutboxProblem("gone");
    if (now.sealed) return now;
    /** @type {Photo} */
    const next = {
      ...now,
      type: made.type,
      size: made.bytes.byteLength,
      sha256,
      sha256_camera: original,
      width: made.width,
      height: made.height,
      thumb: made.thumb,
      shrunk: true,
      shrinking_until: 0,
    };
    await tx.put("bytes", { id: photoId, buf: made.bytes });
    await tx.put("photos", next);
    return next;
  });
  announce(ctx, photo.record);
  return photo;
}

/**
 * @param {Ctx} ctx
 * @param {Id} photoId
 * @param {(photo: Photo) => Photo} change
 * @returns {Promise<Photo>}
 */
export function changePhoto(ctx, photoId, change) {
  return ctx.store.tx(["photos"], async (tx) => {
    const now = /** @type {Photo|undefined} */ (await tx.get("photos", photoId));
    if (!now) throw new OutboxProblem("gone");
    const next = change(now);
    await tx.put("photos", next);
    return next;
  });
}

/**
 * @param {Ctx} ctx
 * @param {Id} photoId
 * @returns {Promise<Photo>}
 */
export async function mustHavePhoto(ctx, photoId) {
  const photo = await ctx.store.get("photos", photoId);
  if (!photo) throw new OutboxProblem("gone");
  return photo;
}

/**
 * @param {Ctx} ctx
 * @param {Id} photoId
 */
async function hashOfStored(ctx, photoId) {
  const bytes = await photoBytes(ctx, photoId);
  return bytes ? sha256Hex(bytes) : null;
}

/**
 * @param {Ctx} ctx
 * @param {Id} id
 */
export function announce(ctx, id) {
  ctx.channel.announce({ kind: "records", id });
}
