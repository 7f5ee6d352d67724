/**
 * What becomes of transactions when a page is put aside.
 * @import { IDBPTransaction } from "../../vendor/idb.js"
 * @typedef {(tx: IDBPTransaction<any, any, any>) => Promise<never>} EndOf
 */
import { StoreProblem } from "./problems.js";

/**
 * WebKit keeps a page that one has left for the way back, frozen in the middle of its transactions: their locks stay, and
 * no other page reads or writes these stores again before the browser is closed. So a page ends what it does when it is
 * put aside, and does it once more when one comes back to it: nothing of an aborted transaction stays.
 * @param {Pick<EventTarget, "addEventListener">} page
 * @param {() => void} letGo
 */
export function sleeping(page, letGo) {
  /** @type {Map<IDBPTransaction<any, any, any>, (reason: Error) => void>} */
  const underWay = new Map();
  /** @type {Promise<void>|null} */
  let asleep = null;
  let wake = () => {};
  let naps = 0;
  const endAll = () => {
    for (const [tx, end] of underWay) if (stop(tx)) end(new StoreProblem("the page was put aside"));
    underWay.clear();
    letGo();
  };
  page.addEventListener?.("pagehide", (event) => {
    if (!(/** @type {PageTransitionEvent} */ (event).persisted)) return;
    naps += 1;
    asleep ??= new Promise((resolve) => (wake = resolve));
    endAll();
  });
  page.addEventListener?.("pageshow", () => {
    asleep = null;
    wake();
  });

  return {
    /**
     * Rejects when it is ended because the page is put aside: WebKit does not always tell the transaction.
     * @type {EndOf}
     */
    endOf(tx) {
      // Also: without a handler here, an abort while its work runs would be an unhandled rejection.
      return new Promise((_, reject) => {
        underWay.set(tx, reject);
        tx.done
          .catch(() => {})
          .finally(() => underWay.delete(tx));
        if (asleep) endAll(); // the store was just being opened
      });
    },
    /**
     * @template T
     * @param {() => Promise<T>} work
     * @returns {Promise<T>}
     */
    async awake(work) {
      for (;;) {
        await asleep;
        const before = naps;
        try {
          return await work();
        } catch (error) {
          if (naps === before) throw error;
        }
      }
    },
  };
}

/**
 * @param {IDBPTransaction<any, any, any>} tx
 * @returns {boolean} false: it has ended by itself
 */
export function stop(tx) {
  try {
    tx.abort();
    return true;
  } catch {
    return false;
  }
}
