/**
 * A little room held back, so that a full phone can still send. Sealing, a lease and a receipt are small writes, and only
 * what has been sent makes room again: without this, a phone filled to the brim would keep its visits for ever.
 * @import { Ctx } from "./types.js"
 */
import { QuotaProblem } from "./problems.js";

const KEY = "reserve";
/** As many random bytes as a browser makes at once, four times over; zeros would be packed to nothing. */
const BLOCK_BYTES = 65_536;
const BLOCKS = 4;

/**
 * Held back from now on, if it is not yet. Where there is no room for it any more, that is no problem of the caller's.
 * @param {Ctx} ctx
 * @returns {Promise<void>}
 */
export async function holdBack(ctx) {
  if ((await ctx.store.count("meta", null, KEY)) > 0) return;
  const value = Array.from({ length: BLOCKS }, () => ctx.random.fill(new Uint8Array(BLOCK_BYTES)));
  await ctx.store.put("meta", { key: KEY, value });
}

/**
 * Does `work`, which is told whether there is a reserve; where it finds no room, that is given up and it is done once more.
 * @template T
 * @param {Ctx} ctx
 * @param {(reserve: boolean) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withReserve(ctx, work) {
  const reserve = (await ctx.store.count("meta", null, KEY)) > 0;
  try {
    return await work(reserve);
  } catch (error) {
    if (!(error instanceof QuotaProblem) || !reserve) throw error;
    await ctx.store.tx(["meta"], (tx) => tx.remove("meta", KEY));
    return work(false);
  }
}
