/**
 * 待跟进 on this phone: what was logged against one, done by hand or put off stands at once, long before the server hears of it.
 * @import { Ctx, Id, OutboxRecord, Row } from "./types.js"
 * @typedef {{logged: boolean, done: boolean, on: string}} Standing  `on`: the day that it was put off to
 * @typedef {{owner: Id, followUp: Id, visit?: Id|undefined, title: string}} Promised
 */
import { dropRecord } from "./dropping.js";
import { sayLater } from "./supplements.js";

/**
 * How each follow-up stands for whoever reads a page of `since` (ms of the phone's clock): what the office had heard before
 * then, the page says itself. A draft answers nothing yet.
 * @param {Row[]} rows
 * @param {number} since
 * @returns {Map<Id, Standing>}
 */
export function standing(rows, since) {
  /** @type {Map<Id, Standing>} */
  const found = new Map();
  const said = rows.filter(({ record, place }) => place !== "draft" && record.form["follow_up"]);
  for (const { record, place } of said.sort((a, b) => (a.record.seq ?? 0) - (b.record.seq ?? 0))) {
    const { form, type, sent_at: sentAt, receipt } = record;
    const before = found.get(form["follow_up"]) ?? { logged: false, done: false, on: "" };
    if (type === "visit") found.set(form["follow_up"], { ...before, logged: true });
    const old = place === "sent" && (sentAt ?? 0) <= since;
    if (type !== "follow_up" || old || receipt?.state === "not_applied") continue;
    found.set(form["follow_up"], form["type"] === "done" ? { ...before, done: true } : { ...before, on: form["on"] });
  }
  return found;
}

/**
 * Done by hand. @param {Ctx} ctx @param {Promised} promised @returns {Promise<OutboxRecord>}
 */
export const tickOff = (ctx, promised) => act(ctx, promised, { type: "done" });

/**
 * To another day. @param {Ctx} ctx @param {Promised} promised @param {string} on @returns {Promise<OutboxRecord>}
 */
export const putOff = (ctx, promised, on) => act(ctx, promised, { type: "put_off", on });

/**
 * Taken back before it has left the phone; afterwards it stays said. @param {Ctx} ctx @param {Id} id
 */
export const takeBack = (ctx, id) => dropRecord(ctx, id);

/** @param {Ctx} ctx @param {Promised} promised @param {Record<string, string>} what */
function act(ctx, { owner, followUp, visit, title }, what) {
  const form = { follow_up: followUp, ...(visit ? { visit } : {}), ...what };
  return sayLater(ctx, { owner, type: "follow_up", title, form });
}

/**
 * The days that are offered: the next three, and Monday.
 * @param {Date} today
 * @returns {string[]}
 */
export function daysAhead(today) {
  const ahead = (/** @type {number} */ n) => new Date(today.getFullYear(), today.getMonth(), today.getDate() + n, 12);
  const monday = (8 - (today.getDay() || 7)) % 7 || 7;
  const days = [1, 2, 3, monday].sort((a, b) => a - b).map((n) => isoDay(ahead(n)));
  return [...new Set(days)];
}

/** 2026-11-23, by this phone's calendar. @param {Date} day */
export const isoDay = (day) => [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
