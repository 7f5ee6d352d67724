/**
 * Throwing a record away that nobody has received.
 * @import { Ctx, Id } from "./types.js"
 */
import { dropUnlisted } from "./drafts.js";
import { updateMirror } from "./loss.js";
import { announce } from "./photos.js";
import { AlreadyReceived } from "./problems.js";
import { holding } from "./records.js";

/**
 * The officer has been asked twice. A saved one's number is reported as voided, so that it is no gap.
 * Throws AlreadyReceived, LeaseHeld.
 * @param {Ctx} ctx
 * @param {Id} id
 * @returns {Promise<void>}
 */
export async function dropRecord(ctx, id) {
  await holding(ctx, id, ["photos", "bytes", "meta"], async (tx, record) => {
    if (record.ever_2xx) throw new AlreadyReceived();
    if (record.seq !== null) {
      const key = `voided:${record.owner}`;
      const voided = (await tx.get("meta", key))?.value ?? [];
      await tx.put("meta", { key, value: [...voided, record.seq] });
    }
    await dropUnlisted(tx, { ...record, photo_ids: [] });
    await tx.remove("records", id);
  });
  await updateMirror(ctx);
  announce(ctx, id);
}
