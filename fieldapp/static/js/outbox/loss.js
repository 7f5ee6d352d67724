/**
 * The loss detector. A browser may wipe IndexedDB without a word; localStorage and a cookie often survive it. They remember
 * how long the queue was, never what is in it, so that an empty store can say "three visits were still waiting here".
 * @import { Ctx, Mirror } from "./types.js"
 * @typedef {{device: string, last_seq: number, queued: number}} Loss
 */
import { deviceIn } from "./meta.js";

const NAME = "fieldapp_queue";
const COOKIE_SECONDS = 400 * 24 * 3600;

/**
 * What an earlier installation on this phone still had when its storage vanished; null = nothing known to be lost.
 * Call before anything writes the mirror (openContext does).
 * @param {Ctx} ctx
 * @returns {Promise<Loss|null>}
 */
export async function check(ctx) {
  const known = await ctx.store.get("meta", "loss");
  if (known) return known.value;
  const device = await ctx.store.get("meta", "device");
  const before = recall(ctx.mirror);
  if (!before || before.queued === 0 || before.device === device?.value.id) return null;
  await ctx.store.tx(["meta"], async (tx) => {
    await tx.put("meta", { key: "loss", value: before });
    await tx.put("meta", { key: "loss_untold", value: before }); // until the server has heard of it (devices.js)
  });
  return before;
}

/**
 * The officer has read it. From now on the memory is this installation's, which gets its name here if it has none yet.
 * @param {Ctx} ctx
 * @returns {Promise<void>}
 */
export async function acknowledge(ctx) {
  await ctx.store.tx(["meta"], async (tx) => {
    await deviceIn(ctx, tx);
    await tx.remove("meta", "loss");
  });
  await remember(ctx);
}

/**
 * Called after every change of the queue. The store may have vanished under an open page: that is told of too, not written over.
 * @param {Ctx} ctx
 * @returns {Promise<void>}
 */
export async function updateMirror(ctx) {
  if ((await check(ctx)) === null) await remember(ctx);
}

/** @param {Ctx} ctx */
async function remember(ctx) {
  const device = await ctx.store.get("meta", "device");
  if (!ctx.mirror || !device) return;
  const all = await ctx.store.count("records", null);
  const drafts = await ctx.store.count("records", "state", "draft");
  const sent = await ctx.store.count("records", "state", "sent");
  const user = await ctx.store.get("meta", "current_user");
  const seq = user ? await ctx.store.get("meta", `seq:${user.value.id}`) : null;
  write(ctx.mirror, { device: device.value.id, last_seq: seq?.value ?? 0, queued: all - drafts - sent });
}

/**
 * @param {Mirror} mirror
 * @param {Loss} loss
 */
function write({ local, jar, secure }, loss) {
  const text = `${loss.device}.${loss.last_seq}.${loss.queued}`;
  try {
    local?.setItem(NAME, text);
  } catch {
    // Private windows refuse localStorage; the cookie is the second witness.
  }
  if (jar) {
    jar.cookie = `${NAME}=${text}; Max-Age=${COOKIE_SECONDS}; Path=/; SameSite=Lax${secure ? "; Secure" : ""}`;
  }
}

/**
 * The larger of the two memories: one of them may be older.
 * @param {Mirror|null} mirror
 * @returns {Loss|null}
 */
function recall(mirror) {
  if (!mirror) return null;
  const cookie = mirror.jar?.cookie.split("; ").find((part) => part.startsWith(`${NAME}=`));
  const seen = [parse(stored(mirror)), parse(cookie?.slice(NAME.length + 1))].filter((loss) => loss !== null);
  return seen.sort((a, b) => b.last_seq - a.last_seq || b.queued - a.queued)[0] ?? null;
}

/**
 * @param {Mirror} mirror
 * @returns {string|null}
 */
function stored({ local }) {
  try {
    return local?.getItem(NAME) ?? null;
  } catch {
    return null;
  }
}

/**
 * @param {string|null|undefined} text
 * @returns {Loss|null}
 */
function parse(text) {
  const match = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,7})\.(\d{1,4})$/.exec(text ?? "");
  return match?.[1] ? { device: match[1], last_seq: Number(match[2]), queued: Number(match[3]) } : null;
}
