/**
 * The one place that says where a record is, in the words of the outbox: 已存本机 saved · 待上传 waiting · 上传中 sending ·
 * 已上传 sent · 需处理 needs_you. Other people's records on this phone are a number and nothing else.
 * @import { Channel, Ctx, Id, News, OutboxRecord, Photo, Place, Row, Summary } from "./types.js"
 */
import { photosOf } from "./photos.js";
import { heldElsewhere } from "./records.js";

export { currentUser } from "./meta.js";

const DAY_MS = 24 * 3600_000;
/** Shown at once; anything else that keeps failing is shown after a day. A busy server is nobody's task. */
const AT_ONCE = ["photo-refused", "photo-differs", "proxy-limit", "not-owner", "store"];
const NEVER = ["busy"];
const UNSENT = ["saved", "sealed", "needs_you"];

/**
 * @param {Ctx} ctx
 * @param {Id|null} owner
 * @returns {Promise<Summary>}
 */
export async function summary(ctx, owner) {
  const now = ctx.clock.now();
  /** @type {Summary} */
  const counts = { drafts: 0, saved: 0, waiting: 0, sending: 0, needs_you: 0, sent_recently: 0, others: 0 };
  for (const state of owner ? ["draft", "sent", ...UNSENT] : []) {
    for (const record of /** @type {OutboxRecord[]} */ (await ctx.store.list("records", "owner_state", [owner, state]))) {
      // The photos of what is settled say nothing more, and a month of them is heavy.
      const photos = UNSENT.includes(state) ? await photosOf(ctx, record) : [];
      const where = place(record, photos, now);
      if (where === "draft") counts.drafts += 1;
      else if (where === "sent") counts.sent_recently += now - (record.sent_at ?? 0) < DAY_MS ? 1 : 0;
      else counts[where] += 1;
    }
  }
  for (const state of UNSENT) {
    const all = await ctx.store.count("records", "state", state);
    counts.others += all - (owner ? await ctx.store.count("records", "owner_state", [owner, state]) : 0);
  }
  return counts;
}

/**
 * Everything of one owner, newest first, drafts included; bytes left out.
 * @param {Ctx} ctx
 * @param {Id} owner
 * @returns {Promise<Row[]>}
 */
export async function outbox(ctx, owner) {
  const records = /** @type {OutboxRecord[]} */ (await ctx.store.list("records", "owner", owner));
  records.sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1));
  return Promise.all(records.map((record) => rowOf(ctx, record)));
}

/**
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 * @returns {Promise<Row>}
 */
async function rowOf(ctx, record) {
  const photos = await photosOf(ctx, record);
  return {
    record: { ...record, sealed: null },
    photos,
    place: place(record, photos, ctx.clock.now()),
    stored: photos.filter((photo) => photo.state === "stored" || photo.state === "unreadable").length,
    open_elsewhere: !record.lease?.tab.startsWith("sender:") && (await heldElsewhere(ctx, record)),
  };
}

/**
 * @param {OutboxRecord} record
 * @param {Photo[]} photos
 * @param {number} now
 * @returns {Place}
 */
export function place(record, photos, now) {
  if (record.state === "draft") return "draft";
  if (needsYou(record, photos, now)) return "needs_you";
  // A restored server is being asked about it; nothing has changed for the officer.
  if (record.state === "sent" || (record.recheck && record.receipt?.complete)) return "sent";
  if (record.lease?.tab.startsWith("sender:") && record.lease.until > now) return "sending";
  if (photos.some((photo) => photo.state === "uploading")) return "sending";
  return record.state === "saved" ? "saved" : "waiting";
}

/**
 * @param {OutboxRecord} record
 * @param {Photo[]} photos
 * @param {number} now
 */
function needsYou(record, photos, now) {
  if (record.state === "needs_you") return true;
  return [record.problem, ...photos.map((photo) => photo.problem)].some(
    (problem) =>
      problem !== null &&
      !NEVER.includes(problem.code) &&
      (AT_ONCE.includes(problem.code) || now - problem.since >= DAY_MS),
  );
}

/**
 * Hears of every change, from this tab and the others.
 * @param {Ctx} ctx
 * @param {(news: News) => void} listener
 * @returns {() => void} stops listening
 */
export function subscribe(ctx, listener) {
  return ctx.channel.subscribe(listener);
}

/**
 * @param {string} [name]
 * @returns {Channel}
 */
export function openChannel(name = "fieldapp") {
  const wire = typeof BroadcastChannel === "function" ? new BroadcastChannel(name) : null;
  /** @type {Set<(news: News) => void>} */
  const listeners = new Set();
  const tell = (/** @type {News} */ news) => {
    for (const listener of listeners) listener(news);
  };
  if (wire) wire.onmessage = ({ data }) => tell(data);
  return {
    announce: (news) => {
      tell(news);
      wire?.postMessage(news);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => wire?.close(),
  };
}
