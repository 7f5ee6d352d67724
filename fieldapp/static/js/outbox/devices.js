/**
 * What the phone tells the server about itself, who is signed in, and how a restored server is healed (docs/sync-protocol.md 11, 12).
 * @import { Ctx, Id, OutboxRecord, Photo } from "./types.js"
 */
import { uuid7 } from "./ids.js";
import { currentUser, deviceId, recall } from "./meta.js";
import { FROM_ZERO, purge } from "./receipts.js";
import { forgetIn, purgeFor } from "./reference.js";
import { ask, askJson } from "./wire.js";

const CONTACT_EVERY_MS = 10 * 60_000;
const HISTORY_PAGE = 100;
const MOST_VOIDED = 2_000;

/**
 * At start, when online: who is signed in? With that, the server hears of this phone, even when its queue is empty, and a
 * restored one is healed.
 * null: nobody (401) · undefined: no answer, so nothing is known.
 * @param {Ctx} ctx
 * @returns {Promise<{id: Id, name: string, [more: string]: any}|null|undefined>}
 */
export async function signedIn(ctx) {
  const user = await whoIsHere(ctx);
  if (user) {
    await healIfSeen(ctx);
    await contactIfDue(ctx, user.id);
  }
  return user;
}

/**
 * Remembers the answer. Another person's reference data goes, and that of an account that has ended; the queue stays.
 * @param {Ctx} ctx
 * @returns {Promise<{id: Id, name: string, [more: string]: any}|null|undefined>}
 */
export async function whoIsHere(ctx) {
  const signedOut = await recall(ctx, "signed_out");
  const answer = await ask(ctx, "get", "/api/v1/me");
  if (answer.status === 401) return null;
  if (answer.status !== 200 || typeof answer.json?.id !== "string") return undefined;
  const before = await currentUser(ctx);
  const another = before?.id !== answer.json.id;
  // Before the new name is kept: a page that is left in between asks again, and so comes here again. After a sign-out too,
  // whose own purge a page may have been left in.
  if (another) await purge(ctx, Infinity);
  const still = await ctx.store.tx(["meta", "ref"], async (tx) => {
    // The sign-out in another tab, or the one that this very page is leaving by, has overtaken the answer; or the answer
    // is of the session that is being left, since the server hears of that only when this phone has forgotten it already.
    const now = (await tx.get("meta", "signed_out"))?.value ?? null;
    if (now?.id !== signedOut?.id || (now?.session && now.session === answer.json.session)) return false;
    await tx.put("meta", { key: "current_user", value: answer.json });
    if (another) await forgetIn(tx, (owner) => owner !== answer.json.id);
    return true;
  });
  if (!still) return undefined;
  if (answer.json.write_only === true) await purgeFor(ctx, answer.json.id);
  if (another) ctx.channel.announce({ kind: "user" });
  return answer.json;
}

/**
 * At an explicit sign-out, before leaving. Reference data and the bytes of sent photos go; the queue stays and waits.
 * @param {Ctx} ctx
 * @returns {Promise<void>}
 */
export async function signOut(ctx) {
  const user = await currentUser(ctx);
  if (!user) return;
  // In one step, so that no answer still under way is kept (isCurrentIn, whoIsHere), nor anything if the page is left now.
  await ctx.store.tx(["meta", "ref"], async (tx) => {
    await tx.remove("meta", "current_user");
    await tx.put("meta", { key: "signed_out", value: { id: uuid7(ctx.clock, ctx.random), session: user["session"] ?? null } });
    await forgetIn(tx, (owner) => owner === user.id);
  });
  await purge(ctx, Infinity);
  ctx.channel.announce({ kind: "user" });
}

/**
 * What the server wants the officer to know, for instance that the installation before had three visits waiting.
 * @param {Ctx} ctx
 * @returns {Promise<{code: string, [more: string]: any}[]>}
 */
export async function notices(ctx) {
  return (await recall(ctx, `notices:${(await currentUser(ctx))?.id}`)) ?? [];
}

/**
 * @param {Ctx} ctx
 * @param {Id} owner
 * @returns {Promise<"ok"|"signed-out"|"no-answer"|"not-due">}
 */
export async function contactIfDue(ctx, owner) {
  const last = await recall(ctx, `contact:${owner}`);
  const voided = (await recall(ctx, `voided:${owner}`)) ?? [];
  const age = ctx.clock.now() - (last ?? -Infinity);
  if (voided.length === 0 && age >= 0 && age < CONTACT_EVERY_MS) return "not-due";
  return report(ctx, owner);
}

/**
 * Tells the server what is still out here, so that a gap in the numbers can be told from a queue.
 * @param {Ctx} ctx
 * @returns {Promise<boolean>}
 */
export async function contact(ctx) {
  const user = await currentUser(ctx);
  return user !== null && (await report(ctx, user.id)) === "ok";
}

/**
 * @param {Ctx} ctx
 * @param {Id} owner
 * @returns {Promise<"ok"|"signed-out"|"no-answer">}
 */
async function report(ctx, owner) {
  const device = await deviceId(ctx);
  const lost = await recall(ctx, "loss_untold");
  const answer = await askJson(ctx, "post", `/api/v1/devices/${device}`, {
    owner,
    last_seq: (await recall(ctx, `seq:${owner}`)) ?? 0,
    queued: await queuedSeqs(ctx, owner),
    voided: (await recall(ctx, `voided:${owner}`)) ?? [],
    persisted: await ctx.persisted(),
    app_version: ctx.appVersion,
    ...(lost && { lost }),
  });
  if (answer.status === 401) return "signed-out";
  if (answer.status !== 200 || typeof answer.json?.server_epoch !== "string") return "no-answer";
  const acknowledged = new Set(Array.isArray(answer.json.voided_ack) ? answer.json.voided_ack : []);
  await ctx.store.tx(["meta"], async (tx) => {
    const key = `voided:${owner}`;
    const voided = /** @type {number[]} */ ((await tx.get("meta", key))?.value ?? []);
    await tx.put("meta", { key, value: voided.filter((seq) => !acknowledged.has(seq)) });
    // Kept all the same: a server restored from before this moment has to be told again, or it would miss them.
    const told = /** @type {number[]} */ ((await tx.get("meta", `voided_told:${owner}`))?.value ?? []);
    const now = voided.filter((seq) => acknowledged.has(seq) && !told.includes(seq));
    if (now.length > 0) await tx.put("meta", { key: `voided_told:${owner}`, value: [...told, ...now].slice(-MOST_VOIDED) });
    await tx.put("meta", { key: `notices:${owner}`, value: answer.json.notices ?? [] });
    await tx.put("meta", { key: `contact:${owner}`, value: ctx.clock.now() });
    if (lost) await tx.remove("meta", "loss_untold");
  });
  // Disabled, or out of every team: what waits here is still taken, what was known may no longer be kept.
  if (answer.json.write_only === true) await purgeFor(ctx, owner);
  return "ok";
}

/**
 * @param {Ctx} ctx
 * @param {Id} owner
 */
async function queuedSeqs(ctx, owner) {
  const queued = [];
  for (const state of ["saved", "sealed", "needs_you"]) {
    for (const record of /** @type {OutboxRecord[]} */ (await ctx.store.list("records", "owner_state", [owner, state]))) {
      queued.push({ id: record.id, seq: record.seq });
    }
  }
  return queued;
}

/**
 * Another epoch than ours was in an answer: the server has been restored. Before anything else it learns what it once had.
 * @param {Ctx} ctx
 * @returns {Promise<boolean>} false: still to be done
 */
export async function healIfSeen(ctx) {
  const seen = await recall(ctx, "epoch_seen");
  if (seen === null) return true;
  const user = await currentUser(ctx);
  if (user && seen === (await recall(ctx, `epoch:${user.id}`))) {
    await ctx.store.tx(["meta"], (tx) => tx.remove("meta", "epoch_seen"));
    return true;
  }
  return heal(ctx, seen);
}

/**
 * In pages, each record of the signed-in officer that ever had a 2xx; what the server lacks is sent again, and photo states
 * are learnt afresh wherever bytes are still here. Repeating it changes nothing.
 * @param {Ctx} ctx
 * @param {string} epoch
 * @returns {Promise<boolean>}
 */
export async function heal(ctx, epoch) {
  const user = await currentUser(ctx);
  if (!user) return false;
  const device = await deviceId(ctx);
  const all = /** @type {OutboxRecord[]} */ (await ctx.store.list("records", "owner", user.id));
  const received = all.filter((record) => record.ever_2xx && record.sha256);
  for (let at = 0; at < received.length; at += HISTORY_PAGE) {
    const page = received.slice(at, at + HISTORY_PAGE);
    const answer = await askJson(ctx, "post", `/api/v1/devices/${device}/history`, { owner: user.id, records: page.map(historyLine) });
    if (answer.status !== 200 || !Array.isArray(answer.json?.lacking)) return false;
    const lacking = new Set(answer.json.lacking);
    for (const record of page) await reopen(ctx, record.id, lacking.has(record.id));
  }
  await ctx.store.tx(["meta"], async (tx) => {
    await tx.put("meta", { key: "server_epoch", value: epoch });
    await tx.put("meta", { key: `epoch:${user.id}`, value: epoch });
    await tx.remove("meta", "epoch_seen");
    const told = (await tx.get("meta", `voided_told:${user.id}`))?.value ?? [];
    const voided = (await tx.get("meta", `voided:${user.id}`))?.value ?? [];
    await tx.put("meta", { key: `voided:${user.id}`, value: [...new Set([...told, ...voided])].slice(-MOST_VOIDED) });
    await tx.remove("meta", `voided_told:${user.id}`);
  });
  return true;
}

/** @param {OutboxRecord} record */
function historyLine({ id, type, sha256, receipt, outcome, issue_numbers }) {
  const number = outcome?.["number"] ?? receipt?.number ?? null;
  return {
    id,
    sha256,
    visit_number: type === "visit" ? number : null,
    issue_numbers: { ...issue_numbers, ...outcome?.["issue_numbers"] },
  };
}

/**
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {boolean} lacking
 */
async function reopen(ctx, id, lacking) {
  await ctx.store.tx(["records", "photos"], async (tx) => {
    const record = /** @type {OutboxRecord|undefined} */ (await tx.get("records", id));
    if (!record?.sealed) return;
    const photos = /** @type {Photo[]} */ (await tx.list("photos", "record", id));
    if (!lacking && !photos.some((photo) => photo.has_bytes)) return;
    // `recheck` alone keeps the receipt, so that the list goes on saying "sent" while it is asked about.
    const receipt = lacking ? null : record.receipt;
    await tx.put("records", { ...record, receipt, recheck: true, state: "sealed", tries: 0, next_at: 0 });
    if (!lacking) return;
    for (const photo of photos) {
      if (photo.state === "withdrawn" || photo.state === "refused") continue;
      await tx.put("photos", { ...photo, ...FROM_ZERO, state: "kept" });
    }
  });
}
