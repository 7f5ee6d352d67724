/**
 * What the officer says about when, as a time (design 5): 现在 · 刚才 · 今天上午 · 今天下午 · 昨天 · 选时间.
 * @import { Clock, Occurred } from "../../outbox/types.js"
 */

const CHOICES = ["now", "just_now", "this_morning", "this_afternoon", "yesterday", "time"];
const JUST_NOW = 10 * 60_000;
const LATER_AFTER = 30 * 60_000;

/**
 * The choices that make sense at this hour: no afternoon before noon.
 * @param {number} now
 * @returns {string[]}
 */
export const choicesAt = (now) => CHOICES.filter((choice) => choice !== "this_afternoon" || new Date(now).getHours() >= 12);

/**
 * @param {number} now
 * @param {number} hour
 * @param {number} [daysAgo]
 */
function atHour(now, hour, daysAgo = 0) {
  const day = new Date(now);
  day.setDate(day.getDate() - daysAgo);
  return day.setHours(hour, 0, 0, 0);
}

/**
 * The moment a choice stands for; null = the moment of recording. A time of today is never in the future.
 * @param {string} said
 * @param {number} now
 * @returns {number|null}
 */
export function assumed(said, now) {
  switch (said) {
    case "just_now":
      return now - JUST_NOW;
    case "this_morning":
      return Math.min(atHour(now, 10), now);
    case "this_afternoon":
      return Math.min(atHour(now, 15), now);
    case "yesterday":
      return atHour(now, 15, 1);
    case "time":
      return now;
    default:
      return null;
  }
}

/**
 * @param {string} said
 * @param {Clock} clock
 * @param {string} [typed]  value of a datetime-local input
 * @returns {Occurred}
 */
export function occurred(said, clock, typed = "") {
  const typedAt = typed ? new Date(typed).getTime() : NaN;
  const at = said === "time" && !Number.isNaN(typedAt) ? typedAt : assumed(said, clock.now());
  return { said, at: at === null ? null : clock.isoLocal(at) };
}

/**
 * A later entry (补录): it happened more than half an hour before it was written down.
 * @param {Occurred} when
 * @param {number} recordedAt
 * @returns {boolean}
 */
export const isLater = (when, recordedAt) => when.at !== null && recordedAt - new Date(when.at).getTime() > LATER_AFTER;

/**
 * A draft begun so long ago that where one is now says nothing of where it was.
 * @param {number} recordedAt
 * @param {number} now
 */
export const isOld = (recordedAt, now) => now - recordedAt > LATER_AFTER;

/**
 * For a datetime-local input: the phone's own time, to the minute.
 * @param {number} ms
 * @returns {string}
 */
export function localValue(ms) {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
