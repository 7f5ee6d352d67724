/**
 * @param {ArrayBuffer|Uint8Array} bytes
 * @returns {Promise<ArrayBuffer>}
 */
export function sha256(bytes) {
  return crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes));
}

/**
 * @param {ArrayBuffer|Uint8Array} bytes
 * @returns {Promise<string>} 64 hex digits
 */
export async function sha256Hex(bytes) {
  return Array.from(new Uint8Array(await sha256(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * In pieces, because `String.fromCharCode` takes only so many arguments.
 * @param {ArrayBuffer|Uint8Array} bytes
 * @returns {string}
 */
export function base64(bytes) {
  const all = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  let text = "";
  for (let at = 0; at < all.length; at += 0x6000) {
    text += String.fromCharCode(...all.subarray(at, at + 0x6000));
  }
  return btoa(text);
}

/**
 * @param {string} text
 * @returns {Uint8Array}
 */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
