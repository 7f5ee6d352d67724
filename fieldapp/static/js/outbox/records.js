/**
 * How a record comes to be, and who may change it: the two things that every other module must agree on.
 * @import { Ctx, Form, Id, Lease, Occurred, OutboxRecord, Photo, RecordType, StoreTx } from "./types.js"
 */
import { uuid7 } from "./ids.js";
import { deviceIn, nextSeqIn } from "./meta.js";
import { LeaseHeld, OutboxProblem } from "./problems.js";

const LEASE_MS = 10 * 60_000;
const DAY_MS = 24 * 3600_000;

/**
 * @param {Ctx} ctx
 * @param {{id?: Id, owner: Id, type: RecordType, form: Form, occurred?: Occurred, title?: string}} what
 * @returns {OutboxRecord}
 */
export function newRecord(ctx, { id, owner, type, form, occurred, title }) {
  const now = ctx.clock.now();
  return {
    id: id ?? uuid7(ctx.clock, ctx.random),
    owner,
    type,
    state: "draft",
    device: null,
    seq: null,
    rev: 1,
    replaces: null,
    form,
    occurred: occurred ?? { said: "now", at: null },
    recorded_at: ctx.clock.isoLocal(now),
    clock_offset_ms: null,
    clock_measured_at: null,
    photo_ids: [],
    edit: null,
    sealed: null,
    sha256: null,
    ever_2xx: false,
    receipt: null,
    recheck: false,
    outcome: null,
    tries: 0,
    next_at: 0,
    problem: null,
    created_at: now,
    saved_at: null,
    sent_at: null,
    exported_at: null,
    lease: null,
    app_version: ctx.appVersion,
    title: title ?? "",
  };
}

/**
 * The first save: a device, a number in its row, the clock as last measured. Needs the store `meta`.
 * @param {Ctx} ctx
 * @param {StoreTx} tx
 * @param {OutboxRecord} record
 * @returns {Promise<OutboxRecord>}
 */
export async function firstSaveIn(ctx, tx, record) {
  const now = ctx.clock.now();
  const clock = (await tx.get("meta", "clock"))?.value;
  const fresh = clock && Math.abs(now - clock.measured_ms) < DAY_MS;
  return {
    ...record,
    state: "saved",
    device: await deviceIn(ctx, tx),
    seq: await nextSeqIn(tx, record.owner),
    clock_offset_ms: fresh ? clock.offset_ms : null,
    clock_measured_at: fresh ? clock.measured_at : null,
    saved_at: now,
    lease: null,
  };
}

/**
 * Tells the server that a photo of a sealed record will not come, by a supplement of its own. Needs `records`, `photos`, `meta`.
 * @param {Ctx} ctx
 * @param {StoreTx} tx
 * @param {OutboxRecord} record
 * @param {Photo} photo
 * @param {"changed"|"lost"|"removed"} reason
 * @returns {Promise<Photo>}
 */
export async function withdrawPhotoIn(ctx, tx, record, photo, reason) {
  if (photo.withdrawal) return photo;
  const supplement = newRecord(ctx, {
    owner: record.owner,
    type: "supplement",
    form: { visit: record.id, type: "photo_withdrawn", photo: photo.id, reason },
    title: record.title,
  });
  await tx.put("records", await firstSaveIn(ctx, tx, supplement));
  /** @type {Photo} */
  const withdrawn = { ...photo, state: "withdrawn", reason, withdrawal: supplement.id, problem: null };
  await tx.put("photos", withdrawn);
  return withdrawn;
}

/**
 * Runs `work` in one transaction on a record that nobody else holds. A lease of a page that the system has killed does
 * not count: its tab's lock is gone, and the officer must not wait ten minutes for his own draft.
 * @template T
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {string[]} stores
 * @param {(tx: StoreTx, record: OutboxRecord) => Promise<T>} work
 * @param {string} [holder]
 * @returns {Promise<T>}
 */
export async function holding(ctx, id, stores, work, holder = ctx.tab) {
  const before = /** @type {OutboxRecord|undefined} */ (await ctx.store.get("records", id));
  const dead = before?.lease && (await isDead(ctx, before.lease, holder)) ? before.lease : null;
  return ctx.store.tx([...new Set(["records", ...stores])], async (tx) => {
    const record = /** @type {OutboxRecord|undefined} */ (await tx.get("records", id));
    if (!record) throw new OutboxProblem("gone");
    const { lease } = record;
    const free = !lease || lease.tab === holder || lease.until <= ctx.clock.now() || sameLease(lease, dead);
    if (!free) throw new LeaseHeld(lease);
    return work(tx, record);
  });
}

/**
 * Is it open in a form, or on its way, elsewhere?
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 * @param {string} [holder]
 */
export async function heldElsewhere(ctx, record, holder = ctx.tab) {
  const { lease } = record;
  if (!lease || lease.tab === holder || lease.until <= ctx.clock.now()) return false;
  return !(await isDead(ctx, lease, holder));
}

/**
 * Something unfinished was left behind by the page that had it open, and that page has gone: now it can be opened here.
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {Lease} lease
 * @returns {Promise<boolean>} false: it was finished there
 */
export async function leftBehind(ctx, id, lease) {
  await ctx.tabGone(lease.tab);
  const record = /** @type {OutboxRecord|undefined} */ (await ctx.store.get("records", id));
  return record !== undefined && (record.state === "draft" || record.edit !== null);
}

/**
 * @param {Ctx} ctx
 * @param {Lease} lease
 * @param {string} holder
 */
async function isDead(ctx, lease, holder) {
  if (lease.tab === holder) return false;
  return (await ctx.tabAlive(lease.tab.replace(/^sender:/, ""))) === false;
}

/**
 * @param {Lease} a
 * @param {Lease|null} b
 */
function sameLease(a, b) {
  return b !== null && a.tab === b.tab && a.until === b.until;
}

/**
 * @param {Ctx} ctx
 * @returns {Lease}
 */
export function leaseOf(ctx) {
  return { tab: ctx.tab, until: ctx.clock.now() + LEASE_MS };
}
