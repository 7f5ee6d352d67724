/**
 * A receipt is the only thing that lets a record or a photo go (docs/sync-protocol.md 6). What has gone stays a while: records
 * 30 days, so that a restored server can be healed, photo bytes 7 days and 200 MB at most.
 * @import { Ctx, Id, OutboxRecord, Photo, Receipt, StoreTx } from "./types.js"
 */
import { updateMirror } from "./loss.js";
import { keep, recall } from "./meta.js";
import { QuotaProblem } from "./problems.js";
import { withdrawPhotoIn } from "./records.js";

const DAY_MS = 24 * 3600_000;
const RECORD_MS = 30 * DAY_MS;
const BYTES_MS = 7 * DAY_MS;
const BYTES_MOST = 200 * 1024 * 1024;
const RECORD_STATES = ["placed", "unfiled", "unplaced", "held", "not_applied", "variant"];
/** Nothing more will be sent of a photo in one of these. */
const SETTLED = ["stored", "unreadable", "refused", "withdrawn"];
/** Of a photo that the server has lost, or must be asked about again. */
export const FROM_ZERO = { upload_url: null, offset: 0, tries: 0, next_at: 0 };

/**
 * Is this JSON a receipt for these very bytes? A captive portal's 200 is not, nor is a receipt for another revision.
 * @param {any} json
 * @param {{id: Id, sha256: string|null}} record
 * @returns {json is Receipt}
 */
export function isReceiptFor(json, record) {
  if (json === null || typeof json !== "object") return false;
  return (
    record.sha256 !== null &&
    json.id === record.id &&
    json.payload_sha256 === record.sha256 &&
    typeof json.server_epoch === "string" &&
    RECORD_STATES.includes(json.state) &&
    (Array.isArray(json.photos) || json.photos === "unknown") &&
    typeof json.complete === "boolean"
  );
}

/**
 * One strict transaction. null when the receipt does not fit what lies here now (dropped, or another revision).
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {Receipt} receipt
 * @returns {Promise<OutboxRecord|null>}
 */
export async function applyReceipt(ctx, id, receipt) {
  const result = await ctx.store.tx(["records", "photos", "meta"], async (tx) => {
    const record = /** @type {OutboxRecord|undefined} */ (await tx.get("records", id));
    if (!record || !isReceiptFor(receipt, record)) return null;
    const photos = /** @type {Photo[]} */ (await tx.list("photos", "record", id));
    const told = new Map(receipt.photos === "unknown" ? [] : receipt.photos.map((line) => [line.id, line]));
    let refused = false;
    for (const photo of photos) {
      const line = told.get(photo.id);
      const next = line ? await learn(ctx, tx, record, photo, line) : await wantIfUnknown(tx, photo, receipt);
      refused ||= next.state === "refused" && !next.exported;
    }
    const done = receipt.complete;
    /** @type {OutboxRecord} */
    const changed = {
      ...record,
      receipt,
      issue_numbers: { ...record.issue_numbers, ...receipt.issue_numbers },
      ever_2xx: true,
      recheck: false,
      state: done ? "sent" : "sealed",
      sent_at: done ? (record.sent_at ?? ctx.clock.now()) : null,
      tries: 0,
      next_at: 0,
      problem: refused ? { code: "photo-refused", status: null, since: ctx.clock.now() } : null,
    };
    await tx.put("records", changed);
    return changed;
  });
  if (result) {
    ctx.channel.announce({ kind: "records", id });
    await updateMirror(ctx);
  }
  return result;
}

/**
 * What the server says of a photo stands, but for two things that only the phone knows yet: that it has withdrawn it, and
 * that a piece of it was refused.
 * @param {Ctx} ctx
 * @param {StoreTx} tx
 * @param {OutboxRecord} record
 * @param {Photo} photo
 * @param {{state: string, reason?: string|null}} line
 * @returns {Promise<Photo>}
 */
async function learn(ctx, tx, record, photo, line) {
  const wanted = line.state === "wanted" || line.state === "partial";
  if (wanted && (photo.state === "withdrawn" || photo.state === "refused")) return photo;
  if (wanted && !photo.has_bytes) return withdrawPhotoIn(ctx, tx, record, photo, "lost");
  /** @type {Photo} */
  const next = wanted
    ? { ...photo, state: photo.state === "uploading" ? "uploading" : "wanted", ...(SETTLED.includes(photo.state) && FROM_ZERO) }
    : { ...photo, state: /** @type {Photo["state"]} */ (line.state), reason: line.reason ?? null, problem: null };
  await tx.put("photos", next);
  return next;
}

/**
 * The server could not read the manifest: it gets every photo by its id.
 * @param {StoreTx} tx
 * @param {Photo} photo
 * @param {Receipt} receipt
 * @returns {Promise<Photo>}
 */
async function wantIfUnknown(tx, photo, receipt) {
  if (receipt.photos !== "unknown" || photo.state !== "kept" || !photo.sealed) return photo;
  /** @type {Photo} */
  const next = { ...photo, state: "wanted" };
  await tx.put("photos", next);
  return next;
}

/**
 * The officer gives a refused or stuck photo up on purpose (asked twice): the server is told, the bytes go.
 * @param {Ctx} ctx
 * @param {Id} photoId
 * @returns {Promise<void>}
 */
export async function dropPhoto(ctx, photoId) {
  const recordId = await ctx.store.tx(["records", "photos", "bytes", "meta"], async (tx) => {
    const photo = /** @type {Photo|undefined} */ (await tx.get("photos", photoId));
    if (!photo || !photo.sealed) return null;
    const record = /** @type {OutboxRecord|undefined} */ (await tx.get("records", photo.record));
    if (!record) return null;
    const withdrawn = await withdrawPhotoIn(ctx, tx, record, photo, "removed");
    await tx.put("photos", { ...withdrawn, has_bytes: false });
    await tx.remove("bytes", photoId);
    const others = /** @type {Photo[]} */ (await tx.list("photos", "record", record.id));
    const left = others.some((other) => other.id !== photoId && (other.problem || other.state === "refused"));
    await tx.put("records", { ...record, problem: left ? record.problem : null, next_at: 0 });
    return record.id;
  });
  if (recordId) ctx.channel.announce({ kind: "records", id: recordId });
}

/**
 * Makes room: bytes of sent photos first, the oldest first. Nothing unsent is ever touched.
 * @param {Ctx} ctx
 * @param {number} need
 * @returns {Promise<number>} bytes freed
 */
export async function purge(ctx, need) {
  let freed = 0;
  for (const { photos } of await sentOldestFirst(ctx)) {
    for (const photo of photos) {
      if (freed >= need) return freed;
      freed += await letBytesGo(ctx, photo);
    }
  }
  return freed;
}

/**
 * Runs `work`; if the phone is full, makes room among what is sent and tries once more.
 * @template T
 * @param {Ctx} ctx
 * @param {number} need
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withRoom(ctx, need, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof QuotaProblem) || (await purge(ctx, need)) === 0) throw error;
    return work();
  }
}

/**
 * Once a day, after sending.
 * @param {Ctx} ctx
 * @returns {Promise<void>}
 */
export async function tidyIfDue(ctx) {
  const age = ctx.clock.now() - ((await recall(ctx, "tidied")) ?? 0);
  if (age < 0 || age >= DAY_MS) await tidy(ctx);
}

/**
 * The calendar of sent things.
 * @param {Ctx} ctx
 * @returns {Promise<void>}
 */
export async function tidy(ctx) {
  const now = ctx.clock.now();
  await keep(ctx, "tidied", now);
  const all = await sentOldestFirst(ctx);
  let kept = 0;
  for (const { record, photos } of all.reverse()) {
    const age = now - (record.sent_at ?? now);
    if (age > RECORD_MS && !record.problem && photos.every(mayGo)) {
      await forget(ctx, record, photos);
      continue;
    }
    for (const photo of photos) {
      if (!photo.has_bytes) continue;
      kept += photo.size;
      if (age > BYTES_MS || kept > BYTES_MOST) await letBytesGo(ctx, photo);
    }
  }
}

/**
 * @param {Ctx} ctx
 * @returns {Promise<{record: OutboxRecord, photos: Photo[]}[]>}
 */
async function sentOldestFirst(ctx) {
  const records = /** @type {OutboxRecord[]} */ (await ctx.store.list("records", "state", "sent"));
  records.sort((a, b) => (a.sent_at ?? 0) - (b.sent_at ?? 0));
  return Promise.all(
    records.map(async (record) => ({ record, photos: await ctx.store.list("photos", "record", record.id) })),
  );
}

/**
 * Refused bytes stay until the officer has exported or dropped them.
 * @param {Photo} photo
 */
function mayGo(photo) {
  return photo.state !== "refused" || photo.exported;
}

/**
 * @param {Ctx} ctx
 * @param {Photo} photo
 * @returns {Promise<number>}
 */
async function letBytesGo(ctx, photo) {
  if (!photo.has_bytes || !mayGo(photo)) return 0;
  return ctx.store.tx(["records", "photos", "bytes"], async (tx) => {
    const now = /** @type {Photo|undefined} */ (await tx.get("photos", photo.id));
    const record = /** @type {OutboxRecord|undefined} */ (await tx.get("records", photo.record));
    // A heal may have opened it again since it was listed.
    if (!now?.has_bytes || record?.state !== "sent" || record.recheck) return 0;
    await tx.remove("bytes", photo.id);
    await tx.put("photos", { ...now, has_bytes: false });
    return now.size;
  });
}

/**
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 * @param {Photo[]} photos
 */
async function forget(ctx, record, photos) {
  await ctx.store.tx(["records", "photos", "bytes"], async (tx) => {
    for (const photo of photos) {
      await tx.remove("photos", photo.id);
      await tx.remove("bytes", photo.id);
    }
    await tx.remove("records", record.id);
  });
}
