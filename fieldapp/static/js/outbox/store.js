/**
 * The only door to IndexedDB. Upgrades only add, and the store is opened without a version: so older code opens a newer
 * store and newer code an older one, each with a full queue. Bytes are ArrayBuffers: a Blob fails in WebKit.
 * @import { IDBPDatabase } from "../../vendor/idb.js"
 * @import { Store, StoreTx } from "./types.js"
 */
import { unwrap, wrap } from "../../vendor/idb.js";
import { OutboxProblem, QuotaProblem, StoreProblem } from "./problems.js";

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
 * @returns {Promise<Store>}
 */
export async function openStore(name = "fieldapp", factory = indexedDB, patience = BLOCKED_MS) {
  /** @type {IDBPDatabase|null} */
  let db = null;
  /** @type {Promise<IDBPDatabase>|null} */
  let opening = null;

  const opened = () => {
    if (db) return Promise.resolve(db);
    opening ??= openComplete(name, factory, patience).then(
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
  const connected = async (work) => {
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

  await opened();

  /** @type {Store} */
  const store = {
    get: (where, key) => connected((base) => base.get(where, key)),
    list: (where, index = null, key = undefined) =>
      connected((base) => (index ? base.getAllFromIndex(where, index, key) : base.getAll(where, key))),
    count: (where, index, key = undefined) =>
      connected((base) => (index ? base.countFromIndex(where, index, key) : base.count(where, key))),
    put: (where, value) => store.tx([where], (tx) => tx.put(where, value)),
    tx: (stores, work) => connected((base) => strictly(base, stores, work)),
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
 * @returns {Promise<T>}
 */
async function strictly(db, stores, work) {
  const tx = db.transaction(stores, "readwrite", { durability: "strict" });
  // Waited for below; without a handler here an abort while `work` runs would be an unhandled rejection.
  tx.done.catch(() => {});
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
    try {
      tx.abort();
    } catch {
      // It has aborted by itself: the error above says why.
    }
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
 * @returns {Promise<IDBPDatabase>}
 */
async function openComplete(name, factory, patience) {
  let db = await open(name, factory, patience);
  for (let tries = 0; lacksSomething(db); tries += 1) {
    const next = db.version + 1;
    db.close();
    if (tries === UPGRADE_TRIES) throw new StoreProblem("the store could not be upgraded");
    try {
      db = await open(name, factory, patience, next);
    } catch (error) {
      // Another tab was quicker: what it made may be just what was missing.
      if (!(error instanceof DOMException) || error.name !== "VersionError") throw error;
      db = await open(name, factory, patience);
    }
  }
  return db;
}

/**
 * @param {string} name
 * @param {IDBFactory} factory
 * @param {number} patience
 * @param {number} [version]
 * @returns {Promise<IDBPDatabase>}
 */
function open(name, factory, patience, version) {
  const request = factory.open(name, version);
  request.onupgradeneeded = () => {
    const tx = /** @type {IDBTransaction} */ (request.transaction);
    for (const [store, { keyPath, indexes }] of Object.entries(SHAPE)) {
      const made = request.result.objectStoreNames.contains(store)
        ? tx.objectStore(store)
        : request.result.createObjectStore(store, { keyPath });
      for (const [index, path] of Object.entries(indexes)) {
        if (!made.indexNames.contains(index)) made.createIndex(index, path);
      }
    }
  };
  return notBlocked(request, /** @type {Promise<IDBPDatabase>} */ (wrap(request)), patience);
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
  return names.some((store) =>
    Object.keys(SHAPE[store]?.indexes ?? {}).some((index) => !tx.objectStore(store).indexNames.contains(index)),
  );
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
