/**
 * The answer to every failure that nobody foresaw: the sealed records with their photos in one file, for a desk to import.
 * Nothing is removed from the phone; only a receipt does that, and the same id and hash from both ways is one record.
 *
 * importShape, taken by POST /api/v1/imports (application/json):
 *   { format: "fieldapp-export/1", server_epoch: string|null, device: id, exported_at: ISO,
 *     records: [{ id, type, sha256, raw_b64,                    the sealed bytes, unchanged
 *                 photos: [{ id, sha256, type, size, b64: string|null }] }] }   null: the bytes are no longer here
 * A draft goes in as a revision without `seq`; when it is saved later it becomes the next revision of that.
 * @import { Ctx, Id, OutboxRecord, Photo } from "./types.js"
 */
import { base64, sha256Hex } from "./hash.js";
import { deviceId, recall } from "./meta.js";
import { photoBytes, photosOf } from "./photos.js";
import { OutboxProblem, QuotaProblem } from "./problems.js";
import { envelopeBytes, manifestPhotos, seal } from "./seal.js";

const FORMAT = "fieldapp-export/1";
/** What a photo that the store has refused cannot say of itself. */
const UNSTORED = {
  taken_at: null,
  role: "progress",
  caption: "",
  viewpoint: "",
  sensitive: false,
  sha256_camera: null,
  exif_claimed: {},
  position: null,
  width: null,
  height: null,
};

/**
 * @param {Ctx} ctx
 * @param {Id[]} ids
 * @returns {Promise<{name: string, bytes: ArrayBuffer}>}
 */
export async function exportRecords(ctx, ids) {
  const file = new TextFile();
  file.write(await head(ctx));
  for (const [index, id] of ids.entries()) {
    file.write(index ? "," : "");
    const { record, raw, sha256 } = await sealedOrSnapshot(ctx, id);
    file.write(opening(record, raw, sha256));
    for (const [at, photo] of (await photosOf(ctx, record)).entries()) {
      const bytes = photo.has_bytes ? await photoBytes(ctx, photo.id) : null;
      file.write(`${at ? "," : ""}${photoLine(photo, bytes)}`);
    }
    file.write("]}");
  }
  file.write("]}");
  await markExported(ctx, ids).catch(unlessFull);
  return { name: fileName(ctx), bytes: file.bytes() };
}

/**
 * The same file from what is only on the screen, when not even the draft could be stored.
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 * @param {{photo: Pick<Photo, "id"|"type"> & Partial<Photo>, bytes: ArrayBuffer}[]} photos
 * @returns {Promise<{name: string, bytes: ArrayBuffer}>}
 */
export async function exportForm(ctx, record, photos) {
  const hashed = [];
  for (const { photo, bytes } of photos) {
    const known = /** @type {Photo} */ ({ ...UNSTORED, ...photo });
    hashed.push({ bytes, photo: { ...known, sha256: await sha256Hex(bytes), size: bytes.byteLength } });
  }
  const said = await asItLies(ctx, record).catch(() => record);
  const raw = envelopeBytes(said, hashed.map(({ photo }) => photo));
  const sha256 = await sha256Hex(raw);
  await followsOn(ctx, said, sha256).catch(() => {}); // too full even for this: then the office chooses
  const file = new TextFile();
  file.write(await head(ctx).catch(() => headOf(null, null, ctx)));
  file.write(opening(said, raw, sha256));
  file.write(`${hashed.map(({ photo, bytes }) => photoLine(photo, bytes)).join(",")}]}]}`);
  return { name: fileName(ctx), bytes: file.bytes() };
}

/**
 * @param {Ctx} ctx
 * @param {Id} id
 * @returns {Promise<{record: OutboxRecord, raw: ArrayBuffer, sha256: string}>}
 */
async function sealedOrSnapshot(ctx, id) {
  const record = /** @type {OutboxRecord|undefined} */ (await ctx.store.get("records", id));
  if (!record) throw new OutboxProblem("gone");
  if (record.state === "draft") return snapshot(ctx, record);
  if (record.sealed) return { record, raw: record.sealed, sha256: /** @type {string} */ (record.sha256) };
  const sealed = await seal(ctx, id, { now: true }).catch((error) => {
    if (error instanceof QuotaProblem) return null;
    throw error;
  });
  // No room to keep them: the same bytes are made when there is, unless it is edited before that.
  if (!sealed) return snapshot(ctx, record);
  return { record: sealed, raw: /** @type {ArrayBuffer} */ (sealed.sealed), sha256: /** @type {string} */ (sealed.sha256) };
}

/**
 * @param {Ctx} ctx
 * @param {OutboxRecord} draft
 * @returns {Promise<{record: OutboxRecord, raw: ArrayBuffer, sha256: string}>}
 */
async function snapshot(ctx, draft) {
  const record = await asItLies(ctx, draft);
  const raw = envelopeBytes(record, await manifestPhotos(ctx, draft, true));
  const sha256 = await sha256Hex(raw);
  if (draft.state === "draft") await followsOn(ctx, record, sha256).catch(unlessFull);
  return { record, raw, sha256 };
}

/**
 * On a full phone a file is what is left: what cannot be noted beside it matters less.
 * @param {unknown} error
 */
function unlessFull(error) {
  if (!(error instanceof QuotaProblem)) throw error;
}

/**
 * With the revision that it has in the store, and this phone's name: what is saved here later comes from the same hand.
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 * @returns {Promise<OutboxRecord>}
 */
async function asItLies(ctx, record) {
  const now = /** @type {OutboxRecord|undefined} */ (await ctx.store.get("records", record.id));
  const { rev, replaces } = now ?? record;
  return { ...record, rev, replaces, device: record.device ?? (await deviceId(ctx)) };
}

/**
 * What is saved of it later is the next revision of what is in the file.
 * @param {Ctx} ctx
 * @param {OutboxRecord} exported
 * @param {string} sha256
 */
async function followsOn(ctx, exported, sha256) {
  await ctx.store.tx(["records"], async (tx) => {
    const now = /** @type {OutboxRecord|undefined} */ (await tx.get("records", exported.id));
    if (now && !now.sealed && !now.ever_2xx) await tx.put("records", { ...now, rev: exported.rev + 1, replaces: sha256 });
  });
}

/**
 * Refused bytes need not be kept for ever once they are in a file.
 * @param {Ctx} ctx
 * @param {Id[]} ids
 */
async function markExported(ctx, ids) {
  await ctx.store.tx(["records", "photos"], async (tx) => {
    for (const id of ids) {
      const record = /** @type {OutboxRecord|undefined} */ (await tx.get("records", id));
      if (!record) continue;
      const problem = record.problem?.code === "photo-refused" ? null : record.problem;
      await tx.put("records", { ...record, exported_at: ctx.clock.now(), problem });
      for (const photo of await tx.list("photos", "record", id)) await tx.put("photos", { ...photo, exported: true });
    }
  });
}

/** @param {Ctx} ctx */
async function head(ctx) {
  return headOf(await deviceId(ctx), await recall(ctx, "server_epoch"), ctx);
}

/**
 * @param {Id|null} device
 * @param {string|null} epoch
 * @param {Ctx} ctx
 */
function headOf(device, epoch, ctx) {
  const fields = { format: FORMAT, server_epoch: epoch, device, exported_at: ctx.clock.isoLocal(ctx.clock.now()) };
  return `${JSON.stringify(fields).slice(0, -1)},"records":[`;
}

/**
 * @param {OutboxRecord} record
 * @param {ArrayBuffer} raw
 * @param {string} sha256
 */
function opening({ id, type }, raw, sha256) {
  const fields = { id, type, sha256, raw_b64: base64(raw) };
  return `${JSON.stringify(fields).slice(0, -1)},"photos":[`;
}

/**
 * @param {Photo} photo
 * @param {ArrayBuffer|null} bytes
 */
function photoLine({ id, sha256, type, size }, bytes) {
  return JSON.stringify({ id, sha256, type, size, b64: bytes ? base64(bytes) : null });
}

/** @param {Ctx} ctx */
function fileName(ctx) {
  const stamp = ctx.clock.isoLocal(ctx.clock.now()).slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  return `fieldapp-export-${stamp}.json`;
}

/** Grows by encoded parts: forty photos as one string would be more than some engines allow. */
class TextFile {
  /** @type {Uint8Array[]} */
  #parts = [];

  /** @param {string} text */
  write(text) {
    this.#parts.push(new TextEncoder().encode(text));
  }

  /** @returns {ArrayBuffer} */
  bytes() {
    const all = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all.buffer;
  }
}
