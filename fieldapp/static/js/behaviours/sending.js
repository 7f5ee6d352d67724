/**
 * When the queue is sent. How, is outbox/sender.js, which is loaded only when it is needed.
 * @import { RunResult } from "../outbox/types.js"
 */
import { currentUser, summary } from "../outbox/state.js";
import { phone } from "./phone.js";

const EVERY = 30_000;

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
  for (const listener of listeners) listener(result);
  return result;
}

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

export function keepSending() {
  const quietly = (/** @type {"manual"|"online"|"open"|null} */ reason) => void ifNeeded(reason).catch(reportError);
  quietly("open");
  addEventListener("online", () => quietly("online"));
  addEventListener("pageshow", (event) => event.persisted && quietly("open"));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && quietly("open"));
  navigator.serviceWorker?.addEventListener("message", (event) => event.data === "wake" && quietly("open"));
  setInterval(() => document.visibilityState === "visible" && quietly(null), EVERY);
}

/** Asks Chromium to wake a page of ours when the network is back; elsewhere nothing happens. */
export async function askForSync() {
  const registration = await navigator.serviceWorker?.getRegistration();
  const sync = /** @type {any} */ (registration)?.sync;
  await sync?.register("outbox").catch(() => undefined);
}
