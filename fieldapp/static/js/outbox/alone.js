/**
 * One page at a time sends.
 * @import { Ctx } from "./types.js"
 */
import { uuid7 } from "./ids.js";

const LOCK = "outbox";
const FIRST_LEASE_MS = 30_000;
/** A frozen page may hold the lock for ever; a minute after its lease has run out another takes it. */
const STEAL_AFTER_MS = 60_000;

/** Another page has taken the queue over. */
export class Overtaken extends Error {}

/**
 * Does `work` under the browser's lock where there is one, and a lease in the store for where there is none and for pages
 * that the system has frozen. Only an optimisation: the server makes two senders harmless.
 * @template T
 * @param {Ctx} ctx
 * @param {(beat: (ms: number) => Promise<void>) => Promise<T>} work
 * @returns {Promise<T|null>} null: another page has the queue, or took it meanwhile
 */
export async function alone(ctx, work) {
  const holder = uuid7(ctx.clock, ctx.random);
  const held = async () => {
    try {
      return await work((ms) => beat(ctx, holder, ms));
    } catch (error) {
      if (error instanceof Overtaken) return null;
      throw error;
    } finally {
      await ctx.store.tx(["meta"], async (tx) => {
        if ((await tx.get("meta", "sending"))?.value.holder === holder) await tx.remove("meta", "sending");
      });
    }
  };
  if (!ctx.locks) return (await takeQueue(ctx, holder, false)) ? held() : null;
  const underLock = async (/** @type {unknown} */ lock) => {
    if (!lock) return undefined;
    await takeQueue(ctx, holder, true);
    return held();
  };
  try {
    const done = await ctx.locks.request(LOCK, { ifAvailable: true }, underLock);
    if (done !== undefined) return done;
    if (!(await takeQueue(ctx, holder, false))) return null;
    return (await ctx.locks.request(LOCK, { steal: true }, underLock)) ?? null;
  } catch (error) {
    // What the browser says to the page whose lock was stolen.
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw error;
  }
}

/**
 * @param {Ctx} ctx
 * @param {string} holder
 * @param {boolean} sure
 * @returns {Promise<boolean>}
 */
function takeQueue(ctx, holder, sure) {
  return ctx.store.tx(["meta"], async (tx) => {
    const now = ctx.clock.now();
    const lease = (await tx.get("meta", "sending"))?.value;
    const frozen = lease && lease.until + STEAL_AFTER_MS < now;
    const free = ctx.locks ? frozen : !lease || frozen;
    if (!sure && !free) return false;
    await tx.put("meta", { key: "sending", value: { holder, until: now + FIRST_LEASE_MS } });
    return true;
  });
}

/**
 * @param {Ctx} ctx
 * @param {string} holder
 * @param {number} ms
 */
async function beat(ctx, holder, ms) {
  await ctx.store.tx(["meta"], async (tx) => {
    const lease = (await tx.get("meta", "sending"))?.value;
    if (lease?.holder !== holder) throw new Overtaken();
    await tx.put("meta", { key: "sending", value: { holder, until: ctx.clock.now() + ms } });
  });
}
