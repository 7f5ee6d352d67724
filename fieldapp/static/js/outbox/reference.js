/**
 * What the phone knows of the zone: kinds, projects, contacts, briefs. Loaded in pages that survive an interruption,
 * swapped in only when complete, per person, and gone after 14 days without refreshing (docs/sync-protocol.md 10).
 * @import { Ctx, Id, OutboxRecord, StoreTx } from "./types.js"
 * @typedef {object} Staging
 * @property {string} since  the cursor it started from; "" = a first load
 * @property {string|null} part  the page to ask for next
 * @property {string|null} epoch
 * @property {Record<string, any>} changes
 * @property {Record<string, string[]>} removed
 * @property {Record<string, any>} replaced  lists that come whole: contacts, open issues, briefs
 * @property {any[]} outcomes
 * @property {any} me
 */
import { currentUser, isCurrentIn } from "./meta.js";
import { ask } from "./wire.js";

const EXPIRES_MS = 14 * 24 * 3600_000;
const RECENT_MOST = 20;
const LAST_MOST = 199;
const PAGES_MOST = 1_000;
const TIMEOUT_MS = 60_000;

/**
 * @param {Ctx} ctx
 * @returns {Promise<{loaded: boolean, signIn: boolean}>}
 */
export async function refresh(ctx) {
  const user = await currentUser(ctx);
  if (!user) return { loaded: false, signIn: false };
  let staging = await begin(ctx, user.id);
  for (let pages = 0; pages < PAGES_MOST; pages += 1) {
    const answer = await ask(ctx, "get", addressOf(staging), { timeout: TIMEOUT_MS });
    if (answer.status === 401) return { loaded: false, signIn: true };
    // Disabled, or out of every team: what was known may no longer be kept. The queue stays.
    if (answer.status === 403) await purgeFor(ctx, user.id);
    if ([400, 404, 410].includes(answer.status)) await stage(ctx, user.id, null);
    const page = answer.status === 200 ? answer.json : null;
    if (typeof page?.server_epoch !== "string") return { loaded: false, signIn: false };
    if (page.reset === true && staging.since) staging = fresh("");
    else if (staging.epoch && staging.epoch !== page.server_epoch) staging = fresh(staging.since);
    else {
      staging = merged(staging, page);
      if (!page.next) {
        // The last page carries the cursor; one with neither is not from our server.
        if (typeof page.cursor !== "string") return { loaded: false, signIn: false };
        return { loaded: await swapIn(ctx, user.id, staging, page.cursor), signIn: false };
      }
    }
    await stage(ctx, user.id, staging);
  }
  return { loaded: false, signIn: false };
}

/**
 * Of the person signed in; null when it is not here.
 * @param {Ctx} ctx
 * @param {string} name
 * @returns {Promise<any>}
 */
export async function read(ctx, name) {
  const user = await currentUser(ctx);
  return user ? readFor(ctx, user.id, name) : null;
}

/**
 * What the next visit will want first: where one was last, and of what kind.
 * @param {Ctx} ctx
 * @param {OutboxRecord} record
 * @returns {Promise<void>}
 */
export async function rememberVisit(ctx, { type, owner, form, occurred, recorded_at }) {
  const project = form["project"];
  if (type !== "visit") return;
  await ctx.store.tx(["ref", "meta"], async (tx) => {
    if (!(await isCurrentIn(tx, owner))) return;
    if (Array.isArray(form["programmes"])) await tx.put("ref", { key: `${owner}:last_programmes`, value: form["programmes"] });
    if (!project) return;
    const recent = /** @type {string[]} */ ((await tx.get("ref", `${owner}:recent_projects`))?.value ?? []);
    const value = [project, ...recent.filter((id) => id !== project)].slice(0, RECENT_MOST);
    await tx.put("ref", { key: `${owner}:recent_projects`, value });
    const kinds = (await tx.get("ref", `${owner}:last_kind_by_project`))?.value ?? {};
    await tx.put("ref", { key: `${owner}:last_kind_by_project`, value: { ...kinds, [project]: form["kind"] } });
    const visits = (await tx.get("ref", `${owner}:last_by_project`))?.value ?? {};
    // To call again is the next step of a call, and of nothing else.
    const step = form["kind"] === "phone_follow_up" ? "" : (form["next_step"]?.text ?? "");
    const last = { project, on: occurred.at ?? recorded_at, met: form["met"] ?? [], next_step: step };
    if (last.met.length === 0 && !last.next_step) return;
    const kept = Object.entries(visits).filter(([id]) => id !== project).slice(-LAST_MOST);
    await tx.put("ref", { key: `${owner}:last_by_project`, value: { ...Object.fromEntries(kept), [project]: last } });
  });
}

/**
 * @param {Ctx} ctx
 * @param {Id} owner
 * @returns {Promise<void>}
 */
export async function purgeFor(ctx, owner) {
  await ctx.store.tx(["ref"], (tx) => forgetIn(tx, (one) => one === owner));
  ctx.channel.announce({ kind: "reference" });
}

/**
 * What these people may read goes. Needs the store `ref`.
 * @param {StoreTx} tx
 * @param {(owner: Id) => boolean} whose
 * @returns {Promise<void>}
 */
export async function forgetIn(tx, whose) {
  for (const { key } of await tx.list("ref")) {
    if (whose(key.slice(0, key.indexOf(":")))) await tx.remove("ref", key);
  }
}

/**
 * At start. Capture goes on without it: a project's name can be typed.
 * @param {Ctx} ctx
 * @returns {Promise<boolean>} whether something went
 */
export async function purgeExpired(ctx) {
  const now = ctx.clock.now();
  const loaded = (await ctx.store.list("ref")).filter(({ key }) => key.endsWith(":loaded_at"));
  const old = loaded.filter(({ value }) => now - value > EXPIRES_MS);
  for (const { key } of old) await purgeFor(ctx, key.slice(0, -":loaded_at".length));
  return old.length > 0;
}

/**
 * @param {Ctx} ctx
 * @param {Id} owner
 * @param {string} name
 */
async function readFor(ctx, owner, name) {
  return (await ctx.store.get("ref", `${owner}:${name}`))?.value ?? null;
}

/**
 * Goes on where an interrupted load of the same cursor stopped.
 * @param {Ctx} ctx
 * @param {Id} owner
 * @returns {Promise<Staging>}
 */
async function begin(ctx, owner) {
  const since = (await readFor(ctx, owner, "cursor")) ?? "";
  const staged = /** @type {Staging|null} */ (await readFor(ctx, owner, "staging"));
  // A staged first load goes on although the old cursor is still here: the server has refused that one.
  return staged && (staged.since === since || staged.since === "") ? staged : fresh(since);
}

/**
 * @param {string} since
 * @returns {Staging}
 */
function fresh(since) {
  return { since, part: null, epoch: null, changes: {}, removed: {}, replaced: {}, outcomes: [], me: null };
}

/**
 * @param {Ctx} ctx
 * @param {Id} owner
 * @param {Staging|null} staging
 */
async function stage(ctx, owner, staging) {
  await ctx.store.tx(["ref", "meta"], async (tx) => {
    if (!staging) return tx.remove("ref", `${owner}:staging`);
    if (await isCurrentIn(tx, owner)) await tx.put("ref", { key: `${owner}:staging`, value: staging });
  });
}

/** @param {Staging} staging */
function addressOf({ since, part }) {
  const query = new URLSearchParams();
  if (since) query.set("since", since);
  if (part) query.set("part", part);
  const text = query.toString();
  return `/api/v1/reference${text ? `?${text}` : ""}`;
}

/**
 * @param {Staging} staging
 * @param {any} page
 * @returns {Staging}
 */
function merged(staging, page) {
  const changes = { ...staging.changes };
  for (const [name, value] of Object.entries(page.changes ?? {})) {
    changes[name] = Array.isArray(value) ? mergedList(changes[name] ?? [], value, []) : value;
  }
  const removed = { ...staging.removed };
  for (const [name, ids] of Object.entries(page.removed ?? {})) removed[name] = [...(removed[name] ?? []), ...ids];
  return {
    ...staging,
    part: page.next ?? null,
    epoch: page.server_epoch,
    changes,
    removed,
    replaced: { ...staging.replaced, ...page.replaced },
    outcomes: [...staging.outcomes, ...(page.outcomes ?? [])],
    me: page.me ?? staging.me,
  };
}

/**
 * @param {Ctx} ctx
 * @param {Id} owner
 * @param {Staging} staging
 * @param {string} cursor
 * @returns {Promise<boolean>} false: they have signed out meanwhile, and what they may read went with them
 */
async function swapIn(ctx, owner, staging, cursor) {
  const own = ["cursor", "loaded_at", "staging", "recent_projects", "last_kind_by_project", "outcomes"];
  const loaded = await ctx.store.tx(["ref", "records", "meta"], async (tx) => {
    if (!(await isCurrentIn(tx, owner))) return false;
    const keys = (await tx.list("ref")).map(({ key }) => /** @type {string} */ (key));
    if (!staging.since) {
      for (const key of keys.filter((known) => known.startsWith(`${owner}:`))) {
        if (!own.includes(key.slice(owner.length + 1))) await tx.remove("ref", key);
      }
    }
    for (const name of new Set([...Object.keys(staging.changes), ...Object.keys(staging.removed)])) {
      const key = `${owner}:${name}`;
      const before = staging.since ? ((await tx.get("ref", key))?.value ?? []) : [];
      const change = staging.changes[name] ?? [];
      const value = Array.isArray(change) ? mergedList(before, change, staging.removed[name] ?? []) : change;
      await tx.put("ref", { key, value });
    }
    for (const [name, value] of Object.entries(staging.replaced)) await tx.put("ref", { key: `${owner}:${name}`, value });
    const outcomes = (await tx.get("ref", `${owner}:outcomes`))?.value ?? [];
    await tx.put("ref", { key: `${owner}:outcomes`, value: mergedList(outcomes, staging.outcomes, []) });
    for (const outcome of staging.outcomes) {
      const record = /** @type {OutboxRecord|undefined} */ (await tx.get("records", outcome.id));
      if (record?.owner === owner) await tx.put("records", { ...record, outcome });
    }
    if (staging.me) await tx.put("ref", { key: `${owner}:me`, value: staging.me });
    await tx.put("ref", { key: `${owner}:cursor`, value: cursor });
    await tx.put("ref", { key: `${owner}:loaded_at`, value: ctx.clock.now() });
    await tx.remove("ref", `${owner}:staging`);
    return true;
  });
  if (loaded) ctx.channel.announce({ kind: "reference" });
  return loaded;
}

/**
 * @param {any[]} before
 * @param {any[]} changes
 * @param {string[]} removed
 */
function mergedList(before, changes, removed) {
  const byKey = new Map((Array.isArray(before) ? before : []).map((item) => [nameOf(item), item]));
  for (const id of removed) byKey.delete(id);
  for (const item of changes) byKey.set(nameOf(item), item);
  return [...byKey.values()];
}

/** @param {any} item */
function nameOf(item) {
  return item?.id ?? item?.code ?? item?.project ?? item?.key ?? JSON.stringify(item);
}
