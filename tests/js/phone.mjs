// A phone for stories: a real store (fake-indexeddb), a clock that stands still until moved, chance with a seed.
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { isoLocal } from "../../fieldapp/static/js/outbox/clock.js";
import { saveVisit, beginDraft, saveForm } from "../../fieldapp/static/js/outbox/drafts.js";
import { addPhoto } from "../../fieldapp/static/js/outbox/photo_list.js";
import { uuid7 } from "../../fieldapp/static/js/outbox/ids.js";
import { run } from "../../fieldapp/static/js/outbox/sender.js";
import { openStore } from "../../fieldapp/static/js/outbox/store.js";

export const MORNING = Date.parse("2026-11-20T09:41:00+08:00");
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const CAST = {
  ana: { id: "01970000-0000-7000-8000-0000000000a1", name: "Ana", role: "officer", locale: "zh" },
  bo: { id: "01970000-0000-7000-8000-0000000000b0", name: "Bo", role: "officer", locale: "zh" },
};

/** mulberry32: small, and the same on every machine. */
export function seeded(seed) {
  let state = seed >>> 0;
  const float = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { float, fill: (bytes) => bytes.map(() => Math.floor(float() * 256)) };
}

export function frozenClock(at = MORNING) {
  return {
    at,
    now() {
      return this.at;
    },
    isoLocal: (ms) => isoLocal(ms, 480),
    pass(ms) {
      this.at += ms;
    },
  };
}

/** The browser's lock manager, for pages that share `held`. */
export class FakeLocks {
  held = new Map();

  async request(name, { ifAvailable = false, steal = false }, work) {
    const holder = this.held.get(name);
    if (holder && steal) {
      this.held.delete(name);
      holder.reject(new DOMException("stolen", "AbortError"));
    } else if (holder && ifAvailable) return work(null);
    return new Promise((resolve, reject) => {
      const mine = { reject };
      this.held.set(name, mine);
      work({ name })
        .then(resolve, reject)
        .finally(() => this.held.get(name) === mine && this.held.delete(name));
    });
  }
}

export class FakeMemory {
  map = new Map();
  getItem(key) {
    return this.map.get(key) ?? null;
  }
  setItem(key, value) {
    this.map.set(key, value);
  }
}

/** document.cookie's odd manners: assigning adds one, reading lists them. */
export class FakeJar {
  jar = new Map();
  get cookie() {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }
  set cookie(text) {
    const [name, value] = text.split(";")[0].split("=");
    this.jar.set(name, value);
    this.last = text;
  }
}

let tabs = 0;

/**
 * One tab of one phone. Give `like: otherCtx` for a second tab of the same phone.
 */
export async function phone({ server = null, user = CAST.ana, seed = 1, like = null, clock, shrink = null, locks } = {}) {
  tabs += 1;
  const factory = like?.factory ?? new IDBFactory();
  const news = [];
  const alive = like?.alive ?? new Set();
  const tab = `tab-${tabs}`;
  alive.add(tab);
  const ctx = {
    factory,
    alive,
    store: await openStore("fieldapp", factory),
    send: server ? server.as(user) : OFFLINE,
    clock: clock ?? like?.clock ?? server?.clock ?? frozenClock(),
    random: seeded(seed * 1000 + tabs),
    locks: locks === undefined ? (like?.locks ?? new FakeLocks()) : locks,
    tab,
    tabAlive: async (name) => alive.has(name),
    tabGone: () => new Promise(() => {}),
    appVersion: "test",
    news,
    channel: { announce: (item) => news.push(item), subscribe: () => () => {}, close: () => {} },
    shrink,
    persisted: async () => true,
    persist: async () => {
      ctx.askedToPersist = true;
      return true;
    },
    mirror: like?.mirror ?? { local: new FakeMemory(), jar: new FakeJar(), secure: true },
  };
  if (user && !like) await ctx.store.put("meta", { key: "current_user", value: user });
  return ctx;
}

const nothing = async () => ({ status: 0, headers: {}, json: null, networkError: true });
export const OFFLINE = { get: nothing, head: nothing, put: nothing, post: nothing, patch: nothing };

/** `size` bytes that look like nothing else. */
export function picture(size, seed = 7) {
  const { float } = seeded(seed);
  return Uint8Array.from({ length: size }, () => Math.floor(float() * 256)).buffer;
}

/** Draft, photos, save: what an officer does on a site. */
export async function saved(ctx, { content = "Foundation pit fenced", photos = [], form = {}, type = "visit" } = {}) {
  const draft = await beginDraft(ctx, { type, form: { kind: "site", content, ...form } });
  for (const [index, size] of photos.entries()) {
    await addPhoto(ctx, draft.id, { bytes: picture(size, index + size), type: "image/jpeg", taken_at: "2026-11-20T09:40:00+08:00" });
  }
  return (await saveVisit(ctx, draft.id)).record;
}

export async function edited(ctx, id, content) {
  const { record } = await (await import("../../fieldapp/static/js/outbox/drafts.js")).editRecord(ctx, id);
  await saveForm(ctx, id, { ...record.form, content });
  return (await saveVisit(ctx, id)).record;
}

/** Runs until the queue is empty or `rounds` are over; time passes as far as back-off asks. */
export async function runUntilEmpty(ctx, rounds = 60) {
  for (let round = 0; round < rounds; round += 1) {
    const result = await run(ctx);
    if (result.next_at === null) return round + 1;
    ctx.clock.pass(Math.max(1_000, result.next_at - ctx.clock.now()));
  }
  return null;
}

export const record = (ctx, id) => ctx.store.get("records", id);
export const photosOf = (ctx, id) => ctx.store.list("photos", "record", id);
export const newId = (ctx) => uuid7(ctx.clock, ctx.random);
