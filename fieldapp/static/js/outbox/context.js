/**
 * What a page does first: everything that the outbox takes as an argument, put together from the browser.
 * @import { Ctx, Locks, Shrink, Shrunk } from "./types.js"
 */
import { systemClock } from "./clock.js";
import { http } from "./http.js";
import { systemRandom, uuid7 } from "./ids.js";
import { check } from "./loss.js";
import { openChannel } from "./state.js";
import { openStore } from "./store.js";

const SHRINK_TIMEOUT_MS = 45_000;

/**
 * `jar` is the page's `document` (for the loss detector's cookie). Opening also looks for a loss (loss.js) before anything
 * writes, and holds this tab's lock as long as the page lives, so that a killed page's drafts open at once.
 * @param {{appVersion?: string, jar?: {cookie: string}|null, shrink?: Shrink|null, name?: string}} [page]
 * @returns {Promise<Ctx>}
 */
export async function openContext({ appVersion = "", jar = null, shrink = null, name = "fieldapp" } = {}) {
  const tab = uuid7(systemClock, systemRandom);
  const manager = globalThis.navigator?.locks ?? null;
  /** @type {Ctx} */
  const ctx = {
    store: await openStore(name),
    send: http,
    clock: systemClock,
    random: systemRandom,
    locks: /** @type {Locks|null} */ (manager),
    tab,
    tabAlive: (other) => tabAlive(manager, other),
    tabGone: (other) => tabGone(manager, other),
    appVersion,
    channel: openChannel(name),
    shrink,
    persisted,
    persist: once(askToPersist),
    mirror: { local: localMemory(), jar, secure: globalThis.isSecureContext && globalThis.location?.protocol === "https:" },
  };
  await check(ctx);
  holdTab(manager, tab);
  return ctx;
}

/**
 * A Shrink that asks the module worker at `url` (the static URL of js/worker/shrink.js), one photo at a time.
 * @param {string} url
 * @returns {Shrink}
 */
export function shrinkWorker(url) {
  /** @type {Worker|null} */
  let worker = null;
  /** @type {Promise<unknown>} */
  let before = Promise.resolve();
  const one = async (/** @type {ArrayBuffer} */ bytes, /** @type {string} */ type) => {
    worker ??= new Worker(url, { type: "module" });
    const current = worker;
    try {
      return await answerOf(current, bytes, type);
    } catch (error) {
      // A worker that hangs or has run out of memory takes no further photo.
      current.terminate();
      worker = null;
      return { failed: error instanceof Error ? error.message : String(error) };
    }
  };
  return (bytes, type) => {
    const mine = before.then(() => one(bytes, type));
    before = mine;
    return mine;
  };
}

/**
 * @param {Worker} worker
 * @param {ArrayBuffer} bytes
 * @param {string} type
 * @returns {Promise<Shrunk|{failed: string}>}
 */
function answerOf(worker, bytes, type) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("timeout")), SHRINK_TIMEOUT_MS);
    worker.onmessage = ({ data }) => {
      clearTimeout(timer);
      resolve(data);
    };
    worker.onerror = () => {
      clearTimeout(timer);
      reject(new Error("worker"));
    };
    worker.postMessage({ bytes, type });
  });
}

/**
 * Asked after a save, when the officer sees why; some browsers ask him, so not twice on one page.
 * @returns {Promise<boolean|null>}
 */
async function askToPersist() {
  const storage = globalThis.navigator?.storage;
  return storage?.persist ? storage.persist().catch(() => null) : null;
}

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {() => Promise<T>}
 */
function once(work) {
  /** @type {Promise<T>|null} */
  let done = null;
  return () => (done ??= work());
}

/** @returns {Promise<boolean|null>} */
async function persisted() {
  const storage = globalThis.navigator?.storage;
  return storage?.persisted ? storage.persisted().catch(() => null) : null;
}

/** @returns {Storage|null} */
function localMemory() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** @param {string} tab */
function lockName(tab) {
  return `fieldapp-tab-${tab}`;
}

/**
 * WebKit takes a page's locks away when one leaves it; it may still be come back to.
 * @param {LockManager|null} manager
 * @param {string} tab
 */
function holdTab(manager, tab) {
  const hold = () => void manager?.request(lockName(tab), { ifAvailable: true }, (lock) => lock && new Promise(() => {})).catch(() => {});
  hold();
  globalThis.addEventListener?.("pageshow", (event) => event.persisted && hold());
}

/**
 * @param {LockManager|null} manager
 * @param {string} tab
 * @returns {Promise<boolean|null>} null: this browser cannot tell
 */
async function tabAlive(manager, tab) {
  if (!manager?.query) return null;
  const { held = [] } = await manager.query();
  return held.some((lock) => lock.name === lockName(tab));
}

/**
 * @param {LockManager|null} manager
 * @param {string} tab
 * @returns {Promise<void>} never, where the browser cannot tell
 */
async function tabGone(manager, tab) {
  await (manager ? manager.request(lockName(tab), () => {}) : new Promise(() => {}));
}
