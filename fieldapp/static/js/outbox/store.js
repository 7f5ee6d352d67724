/**
 * The only door to IndexedDB. Upgrades only add, and the store is opened without a version: so older code opens a newer
 * store and newer code an older one, each with a full queue. Bytes are ArrayBuffers: a Blob fails in WebKit.
 * @import { IDBPDatabase, IDBPTransaction } from "../../vendor/idb.js"
 * @import { EndOf } from "./put_aside.js"
 * @import { Store, StoreTx } from "./types.js"
 */
import { unwrap, wrap } from "../../vendor/idb.js";
import { OutboxProblem, QuotaProblem, StoreProblem } from "./problems.js";
import { sleeping, stop } from "./put_aside.js";

/** @type {Record<string, {keyPath: string, indexes: Record<string, string|string[]>}>} */
const SHAPE = {
  records: { keyPath: "id", indexes: { owner: "owner", state: "state", owner_state: ["owner", "state"] } },
  photos: { keyPath: "id", indexes: { record: "record" } },
  // Apart from `photos`, so that a list of forty visits does not pull 200 MB into memory.
  bytes: { keyPath: "id", indexes: {} },
  ref: { keyPath: "key", indexes: {} },
  meta: { keyPath: "key", indexes: {} },
};

/** Another tab's older page may take a moment to let go; it closes at `versionchange`. */
const UPGRADE_TRIES = 5;
/** A page that the system has frozen never does; then the officer is told to close it, instead of waiting for ever. */
const BLOCKED_MS = 5_000;

/**
 * @param {string} [name]
 * @param {IDBFactory} [factory]
 * @param {number} [patience]
 * @param {Pick<EventTarget, "addEventListener">} [page]  the window, where there is one
 * @returns {Promise<Store>}
 */
export async function openStore(name = "fieldapp", factory = indexedDB, patience = BLOCKED_MS, page = globalThis) {
  const sleep = sleeping(page, () => db && forget(db));
  /** @type {IDBPDatabase|null} */
  let db = null;
  /** @type {Promise<IDBPDatabase>|null} */
  let opening = null;

  const opened = () => {
    if (db) return Promise.resolve(db);
    opening ??= openComplete(name, factory, patience, sleep.endOf).then(
      (fresh) => {
        opening = null;
        db = fresh;
        const raw = unwrap(fresh);
        raw.onversionchange = () => forget(fresh);
        raw.onclose = () => forget(fresh);
        return fresh;
      },
      (error) => {
        opening = null;
        throw asProblem(error);
      },
    );
    return opening;
  };
  /** @param {IDBPDatabase} old */
  const forget = (old) => {
    old.close();
    if (db === old) db = null;
  };

  /**
   * iOS closes connections behind our back: open again and try once more.
   * @template T
   * @param {(db: IDBPDatabase) => Promise<T>} work
   * @returns {Promise<T>}
   */
  const onOne = async (work) => {
    const first = await opened();
    try {
      return await work(first);
    } catch (error) {
      if (!isLostConnection(error)) throw asProblem(error);
      forget(first);
      try {
        return await work(await opened());
      } catch (again) {
        throw asProblem(again);
      }
    }
  };
  /**
   * @template T
   * @param {(db: IDBPDatabase) => Promise<T>} work
   * @returns {Promise<T>}
   */
  const connected = (work) => sleep.awake(() => onOne(work));
  /**
   * @template T
   * @param {string} where
   * @param {(tx: IDBPTransaction<any, any, "readonly">) => Promise<T>} read
   * @returns {Promise<T>}
   */
  const reading = (where, read) =>
    connected(async (base) => {
      const tx = base.transaction(where);
      return Promise.race([sleep.endOf(tx), read(tx)]);
    });

  await sleep.awake(opened);

  /** @type {Store} */
  const store = {
    get: (where, key) => reading(where, (tx) => tx.objectStore(where).get(key)),
    list: (where, index = null, key = undefined) =>
      reading(where, (tx) => (index ? tx.objectStore(where).index(index).getAll(key) : tx.objectStore(where).getAll(key))),
    count: (where, index, key = undefined) =>
      reading(where, (tx) => (index ? tx.objectStore(where).index(index).count(key) : tx.objectStore(where).count(key))),
    put: (where, value) => store.tx([where], (tx) => tx.put(where, value)),
    tx: (stores, work) => connected((base) => strictly(base, stores, work, sleep.endOf)),
    close: () => {
      db?.close();
      db = null;
    },
  };
  return store;
}

/**
 * One transaction whose promise resolves only at `oncomplete` of a strict commit: verified on the medium, not just handed
 * to the system. If the work throws, nothing of it stays.
 * @template T
 * @param {IDBPDatabase} db
 * @param {string[]} stores
 * @param {(tx: StoreTx) => Promise<T>} work
 * @param {EndOf} endOf
 * @returns {Promise<T>}
 */
function strictly(db, stores, work, endOf) {
  const tx = db.transaction(stores, "readwrite", { durability: "strict" });
  return Promise.race([endOf(tx), complete(tx, work)]);
}

/**
 * @template T
 * @param {IDBPTransaction<any, any, "readwrite">} tx
 * @param {(tx: StoreTx) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function complete(tx, work) {
  /** @type {StoreTx} */
  const inside = {
    get: (where, key) => tx.objectStore(where).get(key),
    list: (where, index = null, key = undefined) =>
      index ? tx.objectStore(where).index(index).getAll(key) : tx.objectStore(where).getAll(key),
    put: async (where, value) => {
      await tx.objectStore(where).put(value);
    },
    remove: async (where, key) => {
      await tx.objectStore(where).delete(key);
    },
  };
  let result;
  try {
    result = await work(inside);
  } catch (error) {
    stop(tx); // where it has not aborted by itself
    await tx.done.catch(() => {});
    throw error;
  }
  await tx.done;
  return result;
}

/**
 * @param {string} name
 * @param {IDBFactory} factory
 * @param {number} patience
 * @param {EndOf} endOf
 * @returns {Promise<IDBPDatabase>}
 */
async function openComplete(name, factory, patience, endOf) {
  let db = await open(name, factory, patience, endOf);
  for (let tries = 0; lacksSomething(db); tries += 1) {
    const next = db.version + 1;
    db.close();
    if (tries === UPGRADE_TRIES) throw new StoreProblem("the store could not be upgraded");
    try {
      db = await open(name, factory, patience, endOf, next);
    } catch (error) {
      // Another tab was quicker: what it made may be just what was missing.
      if (!(error instanceof DOMException) || error.name !== "VersionError") throw error;
      db = await open(name, factory, patience, endOf);
    }
  }
  return db;
}

/**
 * @param {string} name
 * @param {IDBFactory} factory
 * @param {number} patience
 * @param {EndOf} endOf
 * @param {number} [version]
 * @returns {Promise<IDBPDatabase>}
 */
function open(name, factory, patience, endOf, version) {
  const request = factory.open(name, version);
  /** @type {(error: Error) => void} */
  let end;
  const ended = /** @type {Promise<never>} */ (new Promise((_, reject) => (end = reject)));
  request.onupgradeneeded = () => {
    const tx = /** @type {IDBTransaction} */ (request.transaction);
    endOf(wrap(tx)).catch(end);
    for (const [store, { keyPath, indexes }] of Object.entries(SHAPE)) {
      const made = request.result.objectStoreNames.contains(store)
        ? tx.objectStore(store)
        : request.result.createObjectStore(store, { keyPath });
      for (const [index, path] of Object.entries(indexes)) {
        if (!made.indexNames.contains(index)) made.createIndex(index, path);
      }
    }
  };
  return Promise.race([ended, notBlocked(request, /** @type {Promise<IDBPDatabase>} */ (wrap(request)), patience)]);
}

/**
 * @param {IDBOpenDBRequest} request
 * @param {Promise<IDBPDatabase>} opened
 * @param {number} patience
 * @returns {Promise<IDBPDatabase>}
 */
async function notBlocked(request, opened, patience) {
  let timer;
  const blocked = new Promise((_, reject) => {
    request.onblocked = () => {
      timer = setTimeout(() => reject(new StoreProblem("another page holds the store")), patience);
    };
  });
  try {
    return await Promise.race([opened, blocked]);
  } catch (error) {
    // Opened after all, when nobody waits for it any more: it must not block the next one.
    opened.then((late) => late.close()).catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** @param {IDBPDatabase} db */
function lacksSomething(db) {
  const names = Object.keys(SHAPE);
  if (names.some((store) => !db.objectStoreNames.contains(store))) return true;
  const tx = db.transaction(names, "readonly");
  tx.done.catch(() => {});
  try {
    return names.some((store) =>
      Object.keys(SHAPE[store]?.indexes ?? {}).some((index) => !tx.objectStore(store).indexNames.contains(index)),
    );
  } finally {
    stop(tx); // at once: it would hold every store until the next task, and a page put aside has none
  }
}

/** @param {unknown} error */
function isLostConnection(error) {
  if (!(error instanceof Error || error instanceof DOMException)) return false;
  if (error.name === "InvalidStateError") return true;
  return /connection to indexed database server lost|database connection is closing/i.test(error.message);
}

/**
 * Browsers differ in the class of a quota error, so only its name counts.
 * @param {unknown} error
 * @returns {Error}
 */
function asProblem(error) {
  if (error instanceof OutboxProblem) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "QuotaExceededError") return new QuotaProblem(error);
  if (error instanceof DOMException) return new StoreProblem(`${name}: ${error.message}`, error);
  return error instanceof Error ? error : new StoreProblem(String(error), error);
}
