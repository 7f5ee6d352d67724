/**
 * Visits begun and not saved yet: a call in the middle of one leaves it waiting here (templates/pwa/_drafts.html).
 * @import { Ctx } from "../outbox/types.js"
 */
import { copy, fill, one } from "./dom.js";
import { nameOf, say, sayTime } from "./words.js";
import { outbox } from "../outbox/state.js";

/**
 * Their number; the section itself is shown by whom it suits.
 * @param {Ctx} ctx
 * @param {string} owner
 * @param {any[]} kinds
 * @returns {Promise<number>}
 */
export async function showDrafts(ctx, owner, kinds) {
  const rows = await outbox(ctx, owner);
  const drafts = rows.filter(({ place, record, open_elsewhere }) => place === "draft" && record.type === "visit" && !open_elsewhere);
  one('[data-list="drafts"]').replaceChildren(
    ...drafts.map(({ record, photos }) => {
      const kind = kinds.find(({ code }) => code === record.form["kind"]);
      const begun = say("draft-sub", { kind: kind ? nameOf(kind) : "", when: sayTime(record.created_at) });
      const sub = [begun, photos.length > 0 && say("draft-photos", { n: photos.length })].filter(Boolean).join(" · ");
      const line = fill(copy("draft"), { title: record.title || say("draft-untitled"), sub });
      /** @type {HTMLAnchorElement} */ (one("a", line)).href = `/capture?draft=${record.id}`;
      return line;
    }),
  );
  return drafts.length;
}
