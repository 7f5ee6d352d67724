/**
 * What is said later about a visit that has left this phone, or of a follow-up: a record of its own, saved as strictly as a visit.
 * @import { Ctx, Form, Id, OutboxRecord, Photo, RecordType, StoreTx } from "./types.js"
 * @typedef {{bytes: ArrayBuffer, type: string}} Given  a photo as it was picked
 */
import { uuid7 } from "./ids.js";
import { updateMirror } from "./loss.js";
import { MAX_PHOTOS } from "./photo_list.js";
import { sha256Hex } from "./hash.js";
import { announce, newPhoto, shrinkPhoto } from "./photos.js";
import { OutboxProblem, StoreProblem } from "./problems.js";
import { withRoom } from "./receipts.js";
import { firstSaveIn, newRecord } from "./records.js";

const ROOM = 64 * 1024;

/**
 * Saved on this phone once this has resolved. The same id twice is one record: a form that may have reached the server
 * already is kept under the id that it was sent with. Other words under an id that is here are another record. Photos of an
 * addition are stored with it, in the one transaction, and made small afterwards.
 * Throws StoreProblem, QuotaProblem, OutboxProblem.
 * @param {Ctx} ctx
 * @param {{id?: Id, owner: Id, form: Form, title?: string, type?: RecordType, photos?: Given[]}} said
 * @returns {Promise<OutboxRecord>}
 */
export async function sayLater(ctx, { id, owner, form, title = "", type = "supplement", photos = [] }) {
  if (photos.length > MAX_PHOTOS) throw new OutboxProblem("too-many-photos");
  const made = newRecord(ctx, { ...(id ? { id } : {}), owner, type, form: structuredClone(form), title });
  const hashes = await Promise.all(photos.map(({ bytes }) => sha256Hex(bytes)));
  const room = ROOM + photos.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  const kept = await withRoom(ctx, room, () =>
    ctx.store.tx(["records", "photos", "bytes", "meta"], async (tx) => {
      const known = /** @type {OutboxRecord|undefined} */ (await tx.get("records", made.id));
      if (known && (await saysTheSame(tx, known, form, hashes))) return known;
      const fresh = await firstSaveIn(ctx, tx, known ? { ...made, id: uuid7(ctx.clock, ctx.random) } : made);
      const taken = photos.map((given, i) => ({ ...newPhoto(ctx, fresh.id, given), sha256: hashes[i] ?? null, sha256_camera: hashes[i] ?? null }));
      const ids = taken.map((photo) => photo.id);
      const saved = { ...fresh, photo_ids: ids, form: ids.length ? { ...fresh.form, photos: ids } : fresh.form };
      for (const [i, photo] of taken.entries()) {
        await tx.put("bytes", { id: photo.id, buf: photos[i]?.bytes });
        await tx.put("photos", photo);
      }
      await tx.put("records", saved);
      return saved;
    }),
  );
  const back = /** @type {OutboxRecord|undefined} */ (await ctx.store.get("records", kept.id));
  if (!back || back.seq !== kept.seq || JSON.stringify(back.form) !== JSON.stringify(kept.form)) {
    throw new StoreProblem("the supplement did not come back as it was written");
  }
  for (const photo of back.photo_ids) {
    if (!(await ctx.store.get("bytes", photo))) throw new StoreProblem("a photo did not come back");
  }
  await updateMirror(ctx);
  announce(ctx, kept.id);
  for (const photo of back.photo_ids) await shrinkPhoto(ctx, photo).catch(() => undefined); // else the camera's bytes go up
  return back;
}

/**
 * Whether a record says these very words with these very photos, whatever ids they were given.
 * @param {StoreTx} tx
 * @param {OutboxRecord} known
 * @param {Form} form
 * @param {string[]} hashes
 */
async function saysTheSame(tx, known, form, hashes) {
  const words = (/** @type {Form} */ said) => JSON.stringify({ ...said, photos: undefined });
  const own = /** @type {Photo[]} */ (await tx.list("photos", "record", known.id));
  const shown = known.photo_ids.map((id) => own.find((photo) => photo.id === id)?.sha256_camera);
  return words(known.form) === words(form) && JSON.stringify(shown) === JSON.stringify(hashes);
}

/**
 * What was said later about a visit and stands on this phone, oldest first.
 * @param {Ctx} ctx
 * @param {Id} owner
 * @param {Id} visit
 * @returns {Promise<OutboxRecord[]>}
 */
export async function saidLater(ctx, owner, visit) {
  const all = /** @type {OutboxRecord[]} */ (await ctx.store.list("records", "owner", owner));
  const about = all.filter(({ type, state, form }) => type === "supplement" && state !== "draft" && form["visit"] === visit);
  return about.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
}

/**
 * A visit's body as this phone knows it: what was sealed, with its corrections and moves laid over it, the last on top.
 * @param {Form} form
 * @param {Form[]} supplements
 * @returns {Form & {occurred_at?: string}}
 */
export function folded(form, supplements) {
  /** @type {Form} */
  let now = { ...form };
  for (const said of supplements) {
    if (said["type"] === "correction") now = { ...now, ...said["fields"] };
    if (said["type"] === "move") {
      now = { ...now, project: said["project"] ?? null, projects: said["projects"] ?? [], enterprises: said["enterprises"] ?? [] };
    }
  }
  return now;
}
