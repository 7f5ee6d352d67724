/**
 * What is said later about a visit that has left this phone, or of a follow-up: a record of its own, saved as strictly as a visit.
 * @import { Ctx, Form, Id, OutboxRecord, RecordType } from "./types.js"
 */
import { uuid7 } from "./ids.js";
import { updateMirror } from "./loss.js";
import { announce } from "./photos.js";
import { StoreProblem } from "./problems.js";
import { withRoom } from "./receipts.js";
import { firstSaveIn, newRecord } from "./records.js";

const ROOM = 64 * 1024;

/**
 * Saved on this phone once this has resolved. The same id twice is one record: a form that may have reached the server
 * already is kept under the id that it was sent with. Other words under an id that is here are another record.
 * Throws StoreProblem, QuotaProblem.
 * @param {Ctx} ctx
 * @param {{id?: Id, owner: Id, form: Form, title?: string, type?: RecordType}} said
 * @returns {Promise<OutboxRecord>}
 */
export async function sayLater(ctx, { id, owner, form, title = "", type = "supplement" }) {
  const made = newRecord(ctx, { ...(id ? { id } : {}), owner, type, form: structuredClone(form), title });
  const kept = await withRoom(ctx, ROOM, () =>
    ctx.store.tx(["records", "meta"], async (tx) => {
      const known = /** @type {OutboxRecord|undefined} */ (await tx.get("records", made.id));
      const same = known && JSON.stringify(known.form) === JSON.stringify(made.form);
      if (known && same) return known;
      const saved = await firstSaveIn(ctx, tx, known ? { ...made, id: uuid7(ctx.clock, ctx.random) } : made);
      await tx.put("records", saved);
      return saved;
    }),
  );
  const back = /** @type {OutboxRecord|undefined} */ (await ctx.store.get("records", kept.id));
  if (!back || back.seq !== kept.seq || JSON.stringify(back.form) !== JSON.stringify(kept.form)) {
    throw new StoreProblem("the supplement did not come back as it was written");
  }
  await updateMirror(ctx);
  announce(ctx, kept.id);
  return back;
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
