/**
 * Sending: one flush of one officer's queue, by one page at a time. Records before photos, oldest first; small photos
 * before large. Whatever the answer, nothing leaves the phone without a receipt, and one bad item never holds up the others.
 * The table of outcomes is docs/sync-protocol.md ("Outcomes on the phone").
 * @import { Answer, Ctx, Id, OutboxRecord, Photo, Receipt, RunResult } from "./types.js"
 */
import { alone, Overtaken } from "./alone.js";
import { contactIfDue, healIfSeen, whoIsHere } from "./devices.js";
import { currentUser } from "./meta.js";
import { shrinkPhoto } from "./photos.js";
import { LeaseHeld, OutboxProblem, QuotaProblem } from "./problems.js";
import { earliest, isDue, isHeldUp, mayUpload, needsPut, queued } from "./queue.js";
import { applyReceipt, isReceiptFor, tidyIfDue } from "./receipts.js";
import { holding } from "./records.js";
import { holdBack, withReserve } from "./reserve.js";
import { seal } from "./seal.js";
import { uploadPhoto } from "./tus.js";
import { ask, backOff, isPassing, problemCode } from "./wire.js";

const RECORD_TIMEOUT_MS = 30_000;
const NEEDS_YOU_AGAIN_MS = 6 * 3600_000;
/** So many unanswered requests in a row, and one small question decides whether there is a network at all. */
const STRIKES = 3;
const PASSES = 1_000;

/**
 * One flush. Never throws for what the network or the server does.
 * @param {Ctx} ctx
 * @returns {Promise<RunResult>}
 */
export async function run(ctx) {
  const user = await currentUser(ctx);
  if (!user) return outcome();
  const once = (/** @type {boolean} */ reserve) => alone(ctx, (beat) => flush(newRun(ctx, user.id, beat, reserve)));
  return (await withReserve(ctx, once)) ?? { ...outcome(), locked: true };
}

/**
 * Forgets back-off; the page calls `run` next. "manual" also wakes what needs a person.
 * @param {Ctx} ctx
 * @param {"manual"|"online"|"open"} reason
 * @returns {Promise<void>}
 */
export async function wake(ctx, reason) {
  const user = await currentUser(ctx);
  if (!user) return;
  const forget = () =>
    ctx.store.tx(["records", "photos"], async (tx) => {
      for (const state of reason === "manual" ? ["saved", "sealed", "needs_you"] : ["saved", "sealed"]) {
        for (const record of /** @type {OutboxRecord[]} */ (await tx.list("records", "owner_state", [user.id, state]))) {
          if (record.next_at) await tx.put("records", { ...record, next_at: 0, tries: 0 });
          for (const photo of /** @type {Photo[]} */ (await tx.list("photos", "record", record.id))) {
            if (photo.next_at) await tx.put("photos", { ...photo, next_at: 0, tries: 0 });
          }
        }
      }
    });
  await withReserve(ctx, forget);
}

/** @returns {RunResult} */
function outcome() {
  return { sent: 0, received: 0, locked: false, signIn: false, otherUser: false, offline: false, next_at: null };
}

/**
 * @typedef {object} Run
 * @property {Ctx} ctx
 * @property {Id} owner
 * @property {(ms: number) => Promise<void>} beat
 * @property {boolean} reserve  whether there is some held back for a full phone
 * @property {RunResult} result
 * @property {number} strikes
 * @property {boolean} unhealed  telling a restored server has failed in this run
 * @property {Set<Id>} again  records put again in this run because the server did not know them
 * @property {import("./tus.js").Pace} pace  how fast photos go up just now
 */

/**
 * @param {Ctx} ctx
 * @param {Id} owner
 * @param {(ms: number) => Promise<void>} beat
 * @param {boolean} reserve
 * @returns {Run}
 */
function newRun(ctx, owner, beat, reserve) {
  return { ctx, owner, beat, reserve, result: outcome(), strikes: 0, unhealed: false, again: new Set(), pace: { bytesPerMs: 0 } };
}

/**
 * @param {Run} run
 * @returns {Promise<RunResult>}
 */
async function flush(run) {
  const { ctx, result } = run;
  if ((await contactIfDue(ctx, run.owner)) === "signed-out") result.signIn = true;
  await healOnce(run);
  for (let passes = 0; passes < PASSES && !stopped(run); passes += 1) {
    if (!(await pass(run))) break;
  }
  await tidyIfDue(ctx);
  if (result.sent > 0) await holdBack(ctx).catch(() => {});
  result.next_at = await earliest(ctx, run.owner);
  ctx.channel.announce({ kind: result.signIn ? "signed-out" : "records" });
  return result;
}

/**
 * A restored server first learns what it once had; one that cannot hear it now is told in the next run.
 * @param {Run} run
 */
async function healOnce(run) {
  if (!run.unhealed) run.unhealed = !(await healIfSeen(run.ctx));
}

/** @param {Run} run */
function stopped({ result }) {
  return result.signIn || result.otherUser || result.offline;
}

/**
 * @param {Run} run
 * @returns {Promise<boolean>} whether anything was tried
 */
async function pass(run) {
  const { ctx } = run;
  let tried = false;
  const queue = await queued(ctx, run.owner);
  for (const { record, photos } of queue) {
    if (stopped(run)) return false;
    if (!isDue(ctx, record) || !needsPut(record, photos) || isHeldUp(record, queue)) continue;
    tried = (await attempt(run, record, () => sendRecord(run, record))) || tried;
  }
  const wanted = (await queued(ctx, run.owner))
    .flatMap(({ record, photos }) => photos.filter((photo) => mayUpload(record, photo)).map((photo) => ({ record, photo })))
    .filter(({ photo }) => photo.next_at <= ctx.clock.now())
    .sort((a, b) => a.photo.size - b.photo.size);
  for (const { record, photo } of wanted) {
    if (stopped(run)) return false;
    tried = (await attempt(run, record, () => sendPhoto(run, record, photo))) || tried;
    // A visit saved meanwhile goes before the next photo.
    if (await ctx.store.count("records", "owner_state", [run.owner, "saved"])) return tried;
  }
  return tried;
}

/**
 * An error of ours in one item (a broken store row, a bug) is that item's, and the others go on.
 * @param {Run} run
 * @param {OutboxRecord} record
 * @param {() => Promise<boolean>} work
 * @returns {Promise<boolean>}
 */
async function attempt(run, record, work) {
  try {
    const tried = await work();
    await healOnce(run);
    return tried;
  } catch (error) {
    if (error instanceof Overtaken) throw error;
    if (error instanceof QuotaProblem && run.reserve) throw error; // there is room that can be made
    if (error instanceof LeaseHeld) return false;
    const code = error instanceof OutboxProblem ? error.code : "error";
    if (code === "shrinking" || code === "gone") return false;
    await putBack(run.ctx, record.id, { code, status: null });
    return false;
  }
}

/**
 * @param {Run} run
 * @param {OutboxRecord} record
 * @returns {Promise<boolean>}
 */
async function sendRecord(run, record) {
  const { ctx } = run;
  const holder = `sender:${ctx.tab}`;
  if (!record.sealed) {
    await shrinkLeftovers(ctx, record);
    await seal(ctx, record.id, { holder });
  }
  const sealed = await holding(ctx, record.id, [], (tx, now) => leaseForSending(ctx, tx, now, holder), holder);
  if (!sealed?.sealed) return false;
  ctx.channel.announce({ kind: "progress", id: record.id });
  try {
    await run.beat(RECORD_TIMEOUT_MS);
    const answer = await ask(ctx, "put", addressOf(sealed), {
      body: sealed.sealed,
      headers: { "Content-Type": "application/json" },
      timeout: RECORD_TIMEOUT_MS,
    });
    await judge(run, sealed, answer);
  } finally {
    await letGo(ctx, record.id, holder);
  }
  return true;
}

/**
 * Nobody may open it in a form while it is on its way; and what is on its way is what lies here now.
 * @param {Ctx} ctx
 * @param {import("./types.js").StoreTx} tx
 * @param {OutboxRecord} now
 * @param {string} holder
 */
async function leaseForSending(ctx, tx, now, holder) {
  if (!now.sealed) return null;
  const leased = { ...now, lease: { tab: holder, until: ctx.clock.now() + RECORD_TIMEOUT_MS + 5_000 } };
  await tx.put("records", leased);
  return leased;
}

/**
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {string} holder
 */
async function letGo(ctx, id, holder) {
  await ctx.store.tx(["records"], async (tx) => {
    const now = /** @type {OutboxRecord|undefined} */ (await tx.get("records", id));
    if (now?.lease?.tab === holder) await tx.put("records", { ...now, lease: null });
  });
}

/** @param {OutboxRecord} record */
function addressOf(record) {
  return `/api/v1/${record.type === "visit" ? "visits" : "events"}/${record.id}`;
}

/**
 * The page was killed before the worker had made the small version.
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 */
async function shrinkLeftovers(ctx, record) {
  for (const photo of /** @type {Photo[]} */ (await ctx.store.list("photos", "record", record.id))) {
    if (!photo.shrunk && isDue(ctx, { next_at: photo.shrinking_until })) await shrinkPhoto(ctx, photo.id);
  }
}

/**
 * The records' table of outcomes.
 * @param {Run} run
 * @param {OutboxRecord} record
 * @param {Answer} answer
 */
async function judge(run, record, answer) {
  const { ctx, result } = run;
  const { status } = answer;
  if ([200, 201, 202, 409].includes(status) && isReceiptFor(answer.json, record)) {
    run.strikes = 0;
    return received(run, record, answer.json);
  }
  if (status === 401) {
    result.signIn = true;
    return;
  }
  if (status === 403 && problemCode(answer) === "not-owner") return notOwner(run, record);
  // 200 without our receipt is a portal's page, and so is a 409 that carries none.
  if (answer.networkError || status < 400 || status === 409) {
    await putBack(ctx, record.id, null, answer);
    return strike(run);
  }
  run.strikes = 0;
  if (isPassing(answer)) return putBack(ctx, record.id, { code: "busy", status }, answer);
  // A 400 or 404 without our JSON is a proxy's or a half-done deploy's, and passes.
  const ours = problemCode(answer);
  const refused = [403, 410, 413, 422].includes(status) || (ours && [400, 404].includes(status));
  if (refused) return needsYou(ctx, record.id, ours ?? "refused", status);
  return putBack(ctx, record.id, { code: "unexpected", status }, answer);
}

/**
 * @param {Run} run
 * @param {OutboxRecord} record
 * @param {Receipt} receipt
 */
async function received(run, record, receipt) {
  const { ctx, result } = run;
  await healOnce(run);
  const kept = await applyReceipt(ctx, record.id, receipt);
  if (!kept) return;
  result.received += 1;
  if (kept.form["type"] === "photo_withdrawn") await change(ctx, kept.form["visit"], (now) => ({ ...now, next_at: 0 }));
  if (kept.state === "sent") {
    result.sent += 1;
    return;
  }
  const photos = /** @type {Photo[]} */ (await ctx.store.list("photos", "record", kept.id));
  // Nothing left to upload and still not complete (a withdrawal on its way, an unread manifest): ask again later.
  if (!photos.some((photo) => mayUpload(kept, photo))) {
    await putBack(ctx, kept.id, null, null, record.receipt ? record.tries : 0);
  }
}

/**
 * @param {Run} run
 * @param {OutboxRecord} record
 * @param {Photo} photo
 * @returns {Promise<boolean>}
 */
async function sendPhoto(run, record, photo) {
  const { ctx, result } = run;
  const { end, receipt } = await uploadPhoto(ctx, photo, record, run.beat, run.pace);
  if (end === "offline") {
    await strike(run);
    return true;
  }
  if (end !== "later") run.strikes = 0;
  if (end === "signed-out") result.signIn = true;
  else if (end === "not-owner") await notOwner(run, record);
  else if (end === "record-unknown") await putAgain(run, record, photo);
  else if (end === "done" && receipt) await received(run, record, receipt);
  else if (end === "done") await askAgain(ctx, record.id);
  return true;
}

/**
 * Everything has arrived and no receipt came with it: the next pass asks by PUT.
 * @param {Ctx} ctx
 * @param {Id} id
 */
async function askAgain(ctx, id) {
  await change(ctx, id, (now) => ({ ...now, recheck: now.state === "sealed", next_at: 0 }));
}

/**
 * 404 `record-unknown`: PUT first. A server that forgets at once is not asked twice in one run.
 * @param {Run} run
 * @param {OutboxRecord} record
 * @param {Photo} photo
 */
async function putAgain(run, record, photo) {
  const { ctx } = run;
  if (run.again.has(record.id)) {
    const tries = photo.tries + 1;
    await ctx.store.tx(["photos"], async (tx) => {
      const now = await tx.get("photos", photo.id);
      if (now) await tx.put("photos", { ...now, tries, next_at: backOff(ctx, tries) });
    });
    return;
  }
  run.again.add(record.id);
  await change(ctx, record.id, (now) => ({ ...now, receipt: null, next_at: 0 }));
}

/**
 * Somebody else is signed in: nothing was stored there, nothing changes here.
 * @param {Run} run
 * @param {OutboxRecord} record
 */
async function notOwner(run, record) {
  const user = await whoIsHere(run.ctx);
  if (user && user.id === record.owner) {
    await needsYou(run.ctx, record.id, "not-owner", 403);
    return;
  }
  if (user === null) run.result.signIn = true;
  else run.result.otherUser = true;
}

/**
 * Three in a row without an answer: is it the network, or these three?
 * @param {Run} run
 */
async function strike(run) {
  run.strikes += 1;
  if (run.strikes < STRIKES) return;
  run.strikes = 0;
  const user = await whoIsHere(run.ctx);
  if (user === undefined) run.result.offline = true;
  else if (user === null) run.result.signIn = true;
  else if (user.id !== run.owner) run.result.otherUser = true;
}

/**
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {{code: string, status: number|null}|null} problem
 * @param {Answer|null} [answer]
 * @param {number|null} [tries]
 */
async function putBack(ctx, id, problem, answer = null, tries = null) {
  await change(ctx, id, (now) => {
    const failures = (tries ?? now.tries) + 1;
    return {
      ...now,
      tries: failures,
      next_at: backOff(ctx, failures, answer),
      problem: problem ? { ...problem, since: sinceOf(ctx, now, problem.code) } : now.problem,
    };
  });
}

/**
 * Kept, shown, and tried again now and then: the next version of the server may take it.
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {string} code
 * @param {number} status
 */
async function needsYou(ctx, id, code, status) {
  await change(ctx, id, (now) => ({
    ...now,
    state: "needs_you",
    tries: now.tries + 1,
    next_at: ctx.clock.now() + NEEDS_YOU_AGAIN_MS,
    problem: { code, status, since: sinceOf(ctx, now, code) },
  }));
}

/**
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 * @param {string} code
 */
function sinceOf(ctx, record, code) {
  return record.problem?.code === code ? record.problem.since : ctx.clock.now();
}

/**
 * @param {Ctx} ctx
 * @param {Id} id
 * @param {(now: OutboxRecord) => OutboxRecord} how
 */
async function change(ctx, id, how) {
  await ctx.store.tx(["records"], async (tx) => {
    const now = /** @type {OutboxRecord|undefined} */ (await tx.get("records", id));
    if (now) await tx.put("records", how(now));
  });
}
