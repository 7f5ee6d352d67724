/**
 * The phone's clock. The server's is never assumed: only the measured difference travels (docs/sync-protocol.md 2).
 * @import { Clock } from "./types.js"
 */

/**
 * An ISO time that keeps the phone's own offset, so that "recorded at 09:41 +08:00" stays readable.
 * @param {number} ms
 * @param {number} [minutesEast]
 * @returns {string}
 */
export function isoLocal(ms, minutesEast = -new Date(ms).getTimezoneOffset()) {
  const there = new Date(ms + minutesEast * 60_000).toISOString().slice(0, -1);
  const sign = minutesEast < 0 ? "-" : "+";
  const hours = String(Math.floor(Math.abs(minutesEast) / 60)).padStart(2, "0");
  const minutes = String(Math.abs(minutesEast) % 60).padStart(2, "0");
  return `${there}${sign}${hours}:${minutes}`;
}

/** @type {Clock} */
export const systemClock = { now: () => Date.now(), isoLocal: (ms) => isoLocal(ms) };
