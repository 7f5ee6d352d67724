/**
 * Every request to our API goes through `ask`: it measures the server's clock and notices a restored server.
 * What an answer means is decided by the callers; what all of them share is here.
 * @import { Answer, Ctx, SendOptions } from "./types.js"
 */
import { currentUser, keep, recall } from "./meta.js";

const BACK_OFF_FIRST_MS = 5_000;
const BACK_OFF_MOST_MS = 30 * 60_000;
const RETRY_AFTER_MOST_MS = 24 * 3600_000;
const CLOCK_STALE_MS = 10 * 60_000;

/**
 * @param {Ctx} ctx
 * @param {"get"|"head"|"put"|"post"|"patch"} method
 * @param {string} url
 * @param {{body?: ArrayBuffer|Uint8Array|string} & SendOptions} [options]
 * @returns {Promise<Answer>}
 */
export async function ask(ctx, method, url, { body = "", ...options } = {}) {
  const started = ctx.clock.now();
  const answer =
    method === "get" || method === "head"
      ? await ctx.send[method](url, options)
      : await ctx.send[method](url, body, options);
  if (answer.networkError) return answer;
  await measureClock(ctx, answer, started);
  await noticeEpoch(ctx, answer);
  return answer;
}

/**
 * @param {Ctx} ctx
 * @param {string} method
 * @param {string} url
 * @param {any} json
 */
export function askJson(ctx, method, url, json) {
  return ask(ctx, /** @type {"post"|"put"} */ (method), url, {
    body: JSON.stringify(json),
    headers: { "Content-Type": "application/json" },
  });
}

/**
 * The server's clock minus ours, halfway through the request; a quicker answer knows it better.
 * @param {Ctx} ctx
 * @param {Answer} answer
 * @param {number} started
 */
async function measureClock(ctx, answer, started) {
  const server = Number(answer.headers["fieldapp-time"]);
  if (!server) return;
  const ended = ctx.clock.now();
  const rtt = ended - started;
  const known = await recall(ctx, "clock");
  if (known && Math.abs(ended - known.measured_ms) < CLOCK_STALE_MS && known.rtt <= rtt) return;
  const offset_ms = Math.round(server - (started + ended) / 2);
  await keep(ctx, "clock", { offset_ms, measured_at: ctx.clock.isoLocal(ended), measured_ms: ended, rtt });
}

/**
 * @param {Ctx} ctx
 * @param {Answer} answer
 */
async function noticeEpoch(ctx, answer) {
  const epoch = answer.headers["fieldapp-epoch"] ?? answer.json?.server_epoch;
  if (typeof epoch !== "string" || !epoch) return;
  if ((await recall(ctx, "server_epoch")) === null) await keep(ctx, "server_epoch", epoch);
  const user = await currentUser(ctx);
  if (!user) return;
  // By officer: on a shared phone each has records of their own to tell a restored server of.
  const known = await recall(ctx, `epoch:${user.id}`);
  if (known === null) await keep(ctx, `epoch:${user.id}`, epoch);
  else if (known !== epoch) await keep(ctx, "epoch_seen", epoch);
}

/**
 * Busy, overloaded or broken on the way: the same request will do later.
 * @param {Answer} answer
 */
export function isPassing(answer) {
  return answer.networkError || [408, 425, 429].includes(answer.status) || answer.status >= 500;
}

/**
 * The code of our own problem JSON; null for a proxy's page.
 * @param {Answer} answer
 * @returns {string|null}
 */
export function problemCode(answer) {
  return typeof answer.json?.code === "string" ? answer.json.code : null;
}

/**
 * Full jitter, so that two hundred phones do not come back together after the tunnel; Retry-After is obeyed.
 * @param {Ctx} ctx
 * @param {number} tries  failures so far, this one included
 * @param {Answer|null} [answer]
 * @returns {number} when it is due again
 */
export function backOff(ctx, tries, answer = null) {
  const most = Math.min(BACK_OFF_MOST_MS, BACK_OFF_FIRST_MS * 2 ** Math.min(tries - 1, 20));
  const wait = Math.max(1_000, Math.round(ctx.random.float() * most), retryAfterMs(ctx, answer));
  return ctx.clock.now() + wait;
}

/**
 * @param {Ctx} ctx
 * @param {Answer|null} answer
 */
function retryAfterMs(ctx, answer) {
  const text = answer?.headers["retry-after"];
  if (!text) return 0;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - ctx.clock.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), RETRY_AFTER_MOST_MS) : 0;
}
