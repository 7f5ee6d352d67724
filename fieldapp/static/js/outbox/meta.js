/**
 * The few single values of this phone: device, seq, clock, server_epoch, current_user, notices, loss.
 * @import { Ctx, Id, StoreTx } from "./types.js"
 */
import { uuid7 } from "./ids.js";
import { OwnerUnknown } from "./problems.js";

/**
 * @param {Ctx} ctx
 * @param {string} key
 * @returns {Promise<any>}
 */
export async function recall(ctx, key) {
  return (await ctx.store.get("meta", key))?.value ?? null;
}

/**
 * @param {Ctx} ctx
 * @param {string} key
 * @param {any} value
 */
export async function keep(ctx, key, value) {
  await ctx.store.put("meta", { key, value });
}

/**
 * This installation's name; made once. A wiped store gets a new one, so that the server sees the gap.
 * @param {Ctx} ctx
 * @param {StoreTx} tx
 * @returns {Promise<Id>}
 */
export async function deviceIn(ctx, tx) {
  const known = await tx.get("meta", "device");
  if (known) return known.value.id;
  const id = uuid7(ctx.clock, ctx.random);
  await tx.put("meta", { key: "device", value: { id } });
  return id;
}

/**
 * @param {Ctx} ctx
 * @returns {Promise<Id>}
 */
export function deviceId(ctx) {
  return ctx.store.tx(["meta"], (tx) => deviceIn(ctx, tx));
}

/**
 * Counts per (device, user), given at the first save; what lies inside a visit's body has none.
 * @param {StoreTx} tx
 * @param {Id} owner
 * @returns {Promise<number>}
 */
export async function nextSeqIn(tx, owner) {
  const key = `seq:${owner}`;
  const value = ((await tx.get("meta", key))?.value ?? 0) + 1;
  await tx.put("meta", { key, value });
  return value;
}

/**
 * @param {Ctx} ctx
 * @returns {Promise<{id: Id, name: string, [more: string]: any}|null>}
 */
export function currentUser(ctx) {
  return recall(ctx, "current_user");
}

/**
 * Asked inside each transaction that keeps what a person may read: an answer that was under way at the sign-out must not
 * bring it back. Needs the store `meta`.
 * @param {StoreTx} tx
 * @param {Id} owner
 * @returns {Promise<boolean>}
 */
export async function isCurrentIn(tx, owner) {
  return (await tx.get("meta", "current_user"))?.value.id === owner;
}

/**
 * @param {Ctx} ctx
 * @returns {Promise<Id>}
 */
export async function ownerNow(ctx) {
  const user = await currentUser(ctx);
  if (!user) throw new OwnerUnknown();
  return user.id;
}
