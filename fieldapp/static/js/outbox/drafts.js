/**
 * Writing: drafts, saving, editing. Every change of the form is stored as it happens; "saved on this phone" may be
 * said only after `saveVisit` has resolved, and that means: one strict transaction, and read back.
 * @import { Ctx, Form, Id, Occurred, OutboxRecord, Photo, RecordType, StoreTx } from "./types.js"
 * @typedef {{id?: Id, type?: RecordType, form?: Form, occurred?: Occurred, title?: string, owner?: Id}} Preset
 */
import { updateMirror } from "./loss.js";
import { ownerNow } from "./meta.js";
import { announce, photoBytes, photosOf } from "./photos.js";
import { AlreadyReceived, OutboxProblem, StoreProblem, TooLarge } from "./problems.js";
import { withRoom } from "./receipts.js";
import { firstSaveIn, holding, leaseOf, newRecord } from "./records.js";
import { rememberVisit } from "./reference.js";
import { holdBack } from "./reserve.js";

const MAX_RAW_BYTES = 1_000_000;
/** @typedef {"form"|"occurred"|"photo_ids"} Part */
/** @type {Part[]} */
const WORDS = ["form", "occurred"];
/** @type {Part[]} */
export const PHOTOS = ["photo_ids"];
/** What envelope and manifest may take of the megabyte. */
const ENVELOPE_BYTES = 60_000;
const FORM_ROOM = 64 * 1024;

/**
 * A new draft, stored at once, leased to this tab. Throws OwnerUnknown.
 * @param {Ctx} ctx
 * @param {Preset} [preset]
 * @returns {Promise<OutboxRecord>}
 */
export async function beginDraft(ctx, { id, type = "visit", form = {}, occurred, title, owner } = {}) {
  // The form goes on being written in while this is stored.
  const written = structuredClone(form);
  const record = newRecord(ctx, { id, owner: owner ?? (await ownerNow(ctx)), type, form: written, occurred, title });
  record.lease = leaseOf(ctx);
  await withRoom(ctx, FORM_ROOM, () => ctx.store.put("records", record));
  await readBack(ctx, record);
  announce(ctx, record.id);
  return record;
}

/**
 * Autosave; renews the lease. An edit of a saved record is kept beside it until it is saved in its turn.
 * Throws LeaseHeld, QuotaProblem, StoreProblem.
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {Form} form
 * @param {Occurred} [occurred]
 * @param {string} [title]
 * @returns {Promise<OutboxRecord>}
 */
export async function saveForm(ctx, id, form, occurred, title) {
  const written = structuredClone(form);
  return amend(ctx, id, WORDS, (open) => ({ ...open, form: written, occurred: occurred ?? open.occurred }), title);
}

/**
 * Saves a draft, or the open edit of a saved record: visit, supplement or event. On any failure the draft is untouched.
 * `addition`: a draft of a visit is saved as a supplement to a colleague's visit instead, with its photos; the issues that
 * it opened or updated become records of their own, right behind it.
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {{form: Form, events: Form[]}|null} [addition]
 * @returns {Promise<{record: OutboxRecord, photos: Photo[]}>}
 */
export async function saveVisit(ctx, id, addition = null) {
  const saved = await withRoom(ctx, FORM_ROOM, () =>
    holding(ctx, id, ["photos", "bytes", "meta"], async (tx, before) => {
      if (addition && before.state !== "draft") throw new OutboxProblem("not-a-draft");
      const record = addition ? /** @type {OutboxRecord} */ ({ ...before, type: "supplement", form: { ...addition.form, photos: before.photo_ids } }) : before;
      if (formSize(openPart(record).form) > MAX_RAW_BYTES - ENVELOPE_BYTES) throw new TooLarge();
      const next = record.state === "draft" ? await firstSaveIn(ctx, tx, record) : commitEdit(ctx, record);
      await dropUnlisted(tx, next);
      await tx.put("records", next);
      for (const form of addition?.events ?? []) {
        const event = newRecord(ctx, { id: form["id"], owner: next.owner, type: "issue_event", form, occurred: next.occurred, title: next.title });
        await tx.put("records", await firstSaveIn(ctx, tx, event));
      }
      return next;
    }),
  );
  const record = await readBack(ctx, saved);
  const photos = await photosBack(ctx, record);
  await updateMirror(ctx);
  await rememberVisit(ctx, record).catch(() => {});
  void ctx.persist().catch(() => {});
  void holdBack(ctx).catch(() => {});
  announce(ctx, id);
  return { record, photos };
}

/**
 * A sealed revision may have arrived without an answer: what follows it names it, so that the server knows them as one.
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 * @returns {OutboxRecord}
 */
function commitEdit(ctx, record) {
  if (!record.edit) return { ...record, lease: null };
  if (record.ever_2xx) throw new AlreadyReceived();
  const { form, occurred, photo_ids } = record.edit;
  const revision = record.sealed
    ? { rev: record.rev + 1, replaces: record.sha256, sealed: null, sha256: null }
    : {};
  return {
    ...record,
    ...revision,
    form,
    occurred,
    photo_ids,
    edit: null,
    state: "saved",
    saved_at: ctx.clock.now(),
    tries: 0,
    next_at: 0,
    problem: null,
    lease: null,
  };
}

/**
 * @param {StoreTx} tx
 * @param {OutboxRecord} record
 */
export async function dropUnlisted(tx, record) {
  const listed = new Set(record.photo_ids);
  for (const photo of /** @type {Photo[]} */ (await tx.list("photos", "record", record.id))) {
    if (listed.has(photo.id)) continue;
    await tx.remove("photos", photo.id);
    await tx.remove("bytes", photo.id);
  }
}

/**
 * Opens a draft, a saved record, or a sealed one that never had a 2xx, as a form of this tab. What is returned is what to
 * show: an edit that was never saved included. Throws LeaseHeld, AlreadyReceived.
 * @param {Ctx} ctx
 * @param {Id} id
 * @returns {Promise<{record: OutboxRecord, photos: Photo[]}>}
 */
export async function editRecord(ctx, id) {
  const record = await holding(ctx, id, [], async (tx, now) => {
    if (now.ever_2xx || now.state === "sent") throw new AlreadyReceived();
    const open = now.state === "draft" ? now : { ...now, edit: openPart(now) };
    const leased = { ...open, lease: leaseOf(ctx) };
    await tx.put("records", leased);
    return leased;
  });
  announce(ctx, id);
  const shown = { ...record, ...openPart(record) };
  return { record: shown, photos: await photosOf(ctx, shown) };
}

/**
 * Takes the record for this tab's form, or keeps it: every few minutes while the form is open, so that nothing sends it meanwhile.
 * Throws LeaseHeld.
 * @param {Ctx} ctx
 * @param {Id} id
 * @returns {Promise<OutboxRecord>}
 */
export function renewLease(ctx, id) {
  return holding(ctx, id, [], async (tx, record) => {
    const leased = { ...record, lease: leaseOf(ctx) };
    await tx.put("records", leased);
    return leased;
  });
}

/**
 * @param {Ctx} ctx
 * @param {Id} id
 * @returns {Promise<void>}
 */
export async function releaseLease(ctx, id) {
  await ctx.store.tx(["records"], async (tx) => {
    const record = /** @type {OutboxRecord|undefined} */ (await tx.get("records", id));
    if (record?.lease?.tab === ctx.tab) await tx.put("records", { ...record, lease: null });
  });
}

/**
 * Bytes that the form takes of the record.
 * @param {Form} form
 * @returns {number}
 */
function formSize(form) {
  return new TextEncoder().encode(JSON.stringify(form)).length;
}

/**
 * What the form shows: the record itself, or the edit that lies beside a saved one.
 * @param {OutboxRecord} record
 */
export function openPart(record) {
  const { form, occurred, photo_ids } = record.edit ?? record;
  return { form, occurred, photo_ids };
}

/**
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 * @param {{form: Form, occurred: Occurred, photo_ids: Id[]}} open
 * @returns {OutboxRecord}
 */
export function withOpen(ctx, record, open) {
  const lease = leaseOf(ctx);
  return record.state === "draft" ? { ...record, ...open, lease } : { ...record, edit: open, lease };
}

/**
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {Part[]} parts  what `change` changes
 * @param {(open: {form: Form, occurred: Occurred, photo_ids: Id[]}) => {form: Form, occurred: Occurred, photo_ids: Id[]}} change
 * @param {string} [title]
 * @returns {Promise<OutboxRecord>}
 */
export async function amend(ctx, id, parts, change, title) {
  const record = await withRoom(ctx, FORM_ROOM, () =>
    holding(ctx, id, [], async (tx, now) => {
      if (now.ever_2xx) throw new AlreadyReceived();
      const next = { ...withOpen(ctx, now, change(openPart(now))), title: title ?? now.title };
      await tx.put("records", next);
      return next;
    }),
  );
  await readBack(ctx, record, parts);
  announce(ctx, id);
  return record;
}

/**
 * A browser that says "written" and was not: the one lie that would break the promise. Words and photos are written apart,
 * so the others may have gone on meanwhile.
 * @param {Ctx} ctx
 * @param {OutboxRecord} written
 * @param {Part[]} parts
 * @returns {Promise<OutboxRecord>}
 */
async function readBack(ctx, written, parts = [...WORDS, ...PHOTOS]) {
  const back = /** @type {OutboxRecord|undefined} */ (await ctx.store.get("records", written.id));
  if (!back || essence(back, parts) !== essence(written, parts)) {
    throw new StoreProblem("the record did not come back as it was written");
  }
  return back;
}

/**
 * What the officer wrote and the place in the row; the sender may have moved the rest on already.
 * @param {OutboxRecord} record
 * @param {Part[]} parts
 */
function essence(record, parts) {
  const { id, owner, seq, rev, saved_at } = record;
  const open = openPart(record);
  return JSON.stringify([id, owner, seq, rev, saved_at, ...parts.map((part) => open[part])]);
}

/**
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 * @returns {Promise<Photo[]>}
 */
async function photosBack(ctx, record) {
  const photos = await photosOf(ctx, record);
  if (photos.length !== record.photo_ids.length) throw new StoreProblem("a photo did not come back");
  for (const photo of photos) {
    const bytes = await photoBytes(ctx, photo.id);
    if (bytes?.byteLength !== photo.size) throw new StoreProblem("a photo did not come back as it was written");
  }
  return photos;
}
