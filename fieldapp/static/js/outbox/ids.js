/**
 * Ids are made by whoever creates the row, the phone included, so that a repeated request is the same request.
 * @import { Clock, Random } from "./types.js"
 */

/** @type {Random} */
export const systemRandom = {
  fill: (bytes) => crypto.getRandomValues(/** @type {Uint8Array<ArrayBuffer>} */ (bytes)),
  float: () => Math.random(),
};

/**
 * UUIDv7: 48 bits of time, then chance. Its time is the phone's and is never trusted for order.
 * @param {Clock} clock
 * @param {Random} random
 * @returns {string}
 */
export function uuid7(clock, random) {
  const bytes = random.fill(new Uint8Array(16));
  let ms = clock.now();
  for (let i = 5; i >= 0; i -= 1) {
    bytes[i] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
