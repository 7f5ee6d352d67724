/**
 * When the queue is sent. How, is outbox/sender.js, which is loaded only when it is needed.
 * @import { RunResult } from "../outbox/types.js"
 */
import { currentUser, summary } from "../outbox/state.js";
import { phone } from "./phone.js";

const EVERY = 30_000;
const SOONEST = 1_000;

/** @type {Promise<RunResult|null>|null} */
let running = null;
let again = false;
/** @type {Set<(result: RunResult) => void>} */
const listeners = new Set();

/** @param {(result: RunResult) => void} listener */
export function afterRun(listener) {
  listeners.add(listener);
}

export const isRunning = () => running !== null;

/**
 * One run at a time in this page; a wish that comes in between is answered by one more run.
 * @param {"manual"|"online"|"open"|null} reason  null: leave the back-off as it is
 * @returns {Promise<RunResult|null>}
 */
export function flush(reason) {
  if (running) {
    again = true;
    return running;
  }
  running = once(reason).finally(() => {
    running = null;
    if (again) {
      again = false;
      void flush(null);
    }
  });
  return running;
}

/** @param {"manual"|"online"|"open"|null} reason */
async function once(reason) {
  const ctx = await phone();
  const { run, wake } = await import("../outbox/sender.js");
  if (reason) await wake(ctx, reason);
  const result = await run(ctx);
  plan(result);
  for (const listener of listeners) listener(result);
  return result;
}

/** @type {ReturnType<typeof setTimeout>|undefined} */
let planned;

/**
 * On as soon as something is due again. Without any network at all that is asked every 30 s only, by the tick below.
 * @param {RunResult} result
 */
function plan({ next_at, offline, signIn, otherUser }) {
  clearTimeout(planned);
  if (next_at === null || offline || signIn || otherUser) return;
  planned = setTimeout(tick, Math.min(Math.max(SOONEST, next_at - Date.now()), EVERY));
}

const tick = () => document.visibilityState === "visible" && quietly(null);

/** Whether anything of the person who uses this phone waits. */
async function something() {
  const ctx = await phone();
  const user = await currentUser(ctx);
  if (!user) return false;
  const seen = await summary(ctx, user.id);
  return seen.saved + seen.waiting + seen.sending + seen.needs_you > 0;
}

/** @param {"manual"|"online"|"open"|null} reason */
async function ifNeeded(reason) {
  if (navigator.onLine && (await something())) await flush(reason);
}

/** @param {"manual"|"online"|"open"|null} reason */
const quietly = (reason) => void ifNeeded(reason).catch(reportError);

export function keepSending() {
  quietly("open");
  addEventListener("online", () => quietly("online"));
  addEventListener("pageshow", (event) => event.persisted && quietly("open"));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && quietly("open"));
  navigator.serviceWorker?.addEventListener("message", (event) => event.data === "wake" && quietly("open"));
  setInterval(tick, EVERY);
}

/** Asks Chromium to wake a page of ours when the network is back; elsewhere nothing happens. */
export async function askForSync() {
  const registration = await navigator.serviceWorker?.getRegistration();
  const sync = /** @type {any} */ (registration)?.sync;
  await sync?.register("outbox").catch(() => undefined);
}
