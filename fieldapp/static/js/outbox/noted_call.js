/**
 * A call is noted before the dialler opens, in the one memory that is written at once: a phone that throws the page away
 * during the call still knows of it.
 * @import { Id } from "./types.js"
 * @typedef {{id: Id, owner: Id, at: number, project: string, contact: string, name: string, follow_up: string}} Call
 * @typedef {{getItem: (key: string) => string|null, setItem: (key: string, value: string) => void, removeItem: (key: string) => void}} Memory
 */

const KEY = "fieldapp-call";
/** After that long nobody comes back from a call: its draft waits with the others. */
const FORGOTTEN_AFTER = 12 * 3600_000;

/** At once: before the browser gives way to the dialler. @param {Memory} memory @param {Call} call */
export const noteCall = (memory, call) => memory.setItem(KEY, JSON.stringify(call));

/** @param {Memory} memory */
export const forgetCall = (memory) => memory.removeItem(KEY);

/**
 * The call that one has not come back from yet.
 * @param {Memory} memory
 * @returns {Call|null}
 */
export function notedCall(memory) {
  try {
    const call = JSON.parse(memory.getItem(KEY) ?? "null");
    return typeof call?.id === "string" && typeof call.at === "number" ? call : null;
  } catch {
    return null;
  }
}

/** @param {Call} call @param {number} now */
export const isFresh = (call, now) => now - call.at < FORGOTTEN_AFTER;
