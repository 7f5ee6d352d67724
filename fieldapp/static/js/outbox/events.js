/**
 * What this phone has said of issues and the office has not heard yet: what is said next follows on it (`base`).
 * @import { Ctx, Id, OutboxRecord } from "./types.js"
 */

/**
 * The last unsent event of each issue.
 * @param {Ctx} ctx
 * @param {Id} owner
 * @param {Id|null} except  the record that is being written
 * @returns {Promise<Map<Id, Id>>}
 */
export async function lastEvents(ctx, owner, except) {
  const records = /** @type {OutboxRecord[]} */ (await ctx.store.list("records", "owner", owner));
  const waiting = records.filter(({ id, ever_2xx, seq }) => id !== except && !ever_2xx && seq !== null);
  waiting.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
  /** @type {Map<Id, Id>} */
  const last = new Map();
  for (const { type, form } of waiting) {
    const said = type === "issue_event" ? [form] : ((type === "visit" && form["issue_events"]) || []);
    for (const event of said) last.set(event.issue, event.id);
  }
  return last;
}
