/**
 * The only module that calls fetch. It never throws: no answer, a redirect and a timeout are all `networkError`
 * (a redirect is a captive portal or a login page, never our API).
 * @import { Answer, Send, SendOptions } from "./types.js"
 */

const TIMEOUT_MS = 30_000;
/** @type {Answer} */
const NOTHING = { status: 0, headers: {}, json: null, networkError: true };

/**
 * @param {string} method
 * @param {string} url
 * @param {ArrayBuffer|Uint8Array|string|null} body
 * @param {SendOptions} options
 * @returns {Promise<Answer>}
 */
async function call(method, url, body, { headers = {}, timeout = TIMEOUT_MS }) {
  const signal = deadline(timeout);
  try {
    const response = await fetch(url, {
      method,
      headers: { Accept: "application/json", ...headers },
      body: /** @type {BodyInit|null} */ (body),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: signal.signal,
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      json: await readJson(response),
      networkError: false,
    };
  } catch {
    return NOTHING;
  } finally {
    signal.clear();
  }
}

/**
 * `AbortSignal.timeout` where there is one; a timer of our own for Chrome 99.
 * @param {number} ms
 */
function deadline(ms) {
  if (typeof AbortSignal.timeout === "function") return { signal: AbortSignal.timeout(ms), clear: () => {} };
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/**
 * A fragment of ours as text; null = none came.
 * @param {string} url
 * @returns {Promise<string|null>}
 */
export async function fragment(url) {
  const signal = deadline(TIMEOUT_MS);
  try {
    const response = await fetch(url, { credentials: "same-origin", redirect: "error", signal: signal.signal });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  } finally {
    signal.clear();
  }
}

/** @param {Response} response */
async function readJson(response) {
  const text = await response.text();
  if (!/\bjson\b/.test(response.headers.get("Content-Type") ?? "")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @type {Send} */
export const http = {
  get: (url, options = {}) => call("GET", url, null, options),
  head: (url, options = {}) => call("HEAD", url, null, options),
  put: (url, body, options = {}) => call("PUT", url, body, options),
  post: (url, body, options = {}) => call("POST", url, body, options),
  patch: (url, body, options = {}) => call("PATCH", url, body, options),
};

export const { get, head, put, post, patch } = http;
