/**
 * What waits to be sent, and in which order: records before photos, by `seq`; events of one issue, supplements of one
 * visit, and what is said of one follow-up, one after the other.
 * @import { Ctx, Id, OutboxRecord, Photo } from "./types.js"
 */

/** A refused event holds up the later ones of its issue this often; then the server sorts them (202 held). */
const HOLDS_UP = 3;

/**
 * All that this officer's phone has not yet seen through, by `seq`.
 * @param {Ctx} ctx
 * @param {Id} owner
 * @returns {Promise<{record: OutboxRecord, photos: Photo[]}[]>}
 */
export async function queued(ctx, owner) {
  /** @type {OutboxRecord[]} */
  const records = [];
  for (const state of ["saved", "sealed", "needs_you"]) {
    records.push(...(await ctx.store.list("records", "owner_state", [owner, state])));
  }
  records.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
  return Promise.all(
    records.map(async (record) => ({ record, photos: await ctx.store.list("photos", "record", record.id) })),
  );
}

/**
 * When there is something to try again, in ms since the epoch; null: nothing waits.
 * @param {Ctx} ctx
 * @param {Id} owner
 * @returns {Promise<number|null>}
 */
export async function earliest(ctx, owner) {
  const times = [];
  for (const { record, photos } of await queued(ctx, owner)) {
    const wanted = photos.filter((photo) => mayUpload(record, photo));
    times.push(...(needsPut(record, photos) ? [record.next_at] : wanted.map((photo) => photo.next_at)));
  }
  return times.length ? Math.min(...times) : null;
}

/**
 * @param {Ctx} ctx
 * @param {{next_at: number}} item
 */
export function isDue(ctx, item) {
  return item.next_at <= ctx.clock.now();
}

/**
 * @param {OutboxRecord} record
 * @param {Photo[]} photos
 */
export function needsPut(record, photos) {
  if (!record.receipt || record.recheck || record.state === "needs_you") return true;
  return !photos.some((photo) => mayUpload(record, photo));
}

/**
 * @param {OutboxRecord} record
 * @param {Photo} photo
 */
export function mayUpload(record, photo) {
  if (!record.receipt || record.state === "needs_you" || !photo.sealed || !record.photo_ids.includes(photo.id)) return false;
  return photo.state === "wanted" || photo.state === "uploading";
}

/**
 * Events of one issue, supplements of one visit, and what is said of one follow-up keep their order.
 * @param {OutboxRecord} record
 * @param {{record: OutboxRecord}[]} queue
 */
export function isHeldUp(record, queue) {
  const own = new Set(subjects(record));
  return queue.some(
    ({ record: earlier }) =>
      (earlier.seq ?? 0) < (record.seq ?? 0) &&
      !earlier.ever_2xx &&
      earlier.state !== "needs_you" &&
      !(earlier.problem && earlier.tries >= HOLDS_UP) &&
      subjects(earlier).some((subject) => own.has(subject)),
  );
}

/**
 * @param {OutboxRecord} record
 * @returns {string[]}
 */
function subjects({ id, type, form }) {
  if (type === "issue_event") return [form["issue"]].filter(Boolean);
  if (type === "follow_up") return [form["follow_up"], form["visit"]].filter(Boolean);
  if (type === "supplement") return [form["visit"]].filter(Boolean);
  const events = Array.isArray(form["issue_events"]) ? form["issue_events"] : [];
  return [id, ...events.map((event) => event.issue).filter(Boolean)];
}
