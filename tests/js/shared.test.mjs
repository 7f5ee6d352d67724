// Pictures from another app: kept by the worker, taken in by the capture page, and let go only when a draft has them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

import { takeIn, waiting } from "../../fieldapp/static/js/behaviours/capture/shared.js";
import { badge } from "../../fieldapp/static/js/behaviours/strip.js";

const SOURCE = readFileSync(new URL("../../fieldapp/static/js/worker/sw.js", import.meta.url), "utf-8");
const HERE = "https://field.example";
const NOW = 1_764_000_000_000;
const jpeg = (name, bytes = 100, type = "image/jpeg") => new File([new Uint8Array(bytes).fill(7)], name, { type, lastModified: 1_700_000_000_000 });

/** A phone's Cache Storage with room for so many entries. */
function storage(room = Infinity) {
  const held = new Map();
  return {
    held,
    keys: async () => [...held.keys()].map((path) => ({ url: HERE + path })),
    match: async (path) => held.get(path.replace(HERE, ""))?.clone(),
    put: async (path, answer) => {
      if (held.size >= room) throw new Error("QuotaExceededError");
      held.set(path, answer);
    },
    delete: async (path) => held.delete(path),
  };
}

/** What the worker answers to a form that another app posts. */
async function share(cache, fields, { path = "/share", at = NOW, free = 0 } = {}) {
  const listeners = new Map();
  const navigator = { storage: { estimate: async () => ({ quota: free && free + 9, usage: 9 }) } };
  const self = { addEventListener: (type, listener) => listeners.set(type, listener), navigator };
  const redirect = { redirect: (address, status) => ({ address, status }) };
  vm.runInNewContext(`const VERSION = "v"; const PRE = ["/s/v/a.js"];\n${SOURCE}`, {
    self, caches: { open: async () => cache }, URL, File, location: new URL(HERE), Date: { now: () => at },
    Response: Object.assign(function (body, more) { return new Response(body, more); }, redirect),
  });
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  let answer = null;
  const request = { method: "POST", url: HERE + path, headers: new Headers(), mode: "navigate", formData: async () => form };
  listeners.get("fetch")({ request, respondWith: (promise) => (answer = promise) });
  return answer;
}

/** A form whose phone refuses the pictures that are named. */
function formThat(refuses = []) {
  const got = { names: [], texts: [], bytes: [] };
  return {
    got,
    take: async (files, text) => {
      if (text) got.texts.push(text);
      let stored = 0;
      for (const file of files) {
        if (refuses.includes(got.bytes.length)) continue;
        got.bytes.push((await file.arrayBuffer()).byteLength);
        got.names.push([file.type, file.lastModified]);
        stored += 1;
      }
      return stored;
    },
    store: async () => true,
  };
}

test("pictures and words are kept as they come and lead to the capture page", async () => {
  const cache = storage();
  const answer = await share(cache, [["photos", jpeg("a.jpg")], ["photos", jpeg("b.png", 50, "image/png")], ["title", "塔吊"], ["text", "三号门"], ["url", ""]]);
  assert.deepEqual({ ...answer }, { address: "/capture?shared=kept", status: 303 });
  const [found] = await waiting(cache, NOW);
  assert.equal(found.pictures.length, 2);
  assert.deepEqual(found.all, { n: 2, left: 0, text: "塔吊\n三号门" });
});

test("each picture is let go when the draft has it, with its type and its time", async () => {
  const cache = storage();
  await share(cache, [["photos", jpeg("a.jpg")], ["photos", jpeg("b.png", 50, "image/png")], ["text", "三号门"]]);
  const form = formThat();
  assert.equal(await takeIn(cache, (await waiting(cache, NOW))[0], form), 2);
  assert.deepEqual(form.got, { bytes: [100, 50], texts: ["三号门"], names: [["image/jpeg", 1_700_000_000_000], ["image/png", 1_700_000_000_000]] });
  assert.equal(cache.held.size, 0);
});

test("what the phone had no room for is offered again, and nothing else of it", async () => {
  const cache = storage();
  await share(cache, [["photos", jpeg("a.jpg", 10)], ["photos", jpeg("b.jpg", 20)]]);
  assert.equal(await takeIn(cache, (await waiting(cache, NOW))[0], formThat([1])), 1);
  const [left] = await waiting(cache, NOW);
  assert.equal(left.pictures.length, 1);
  const again = formThat();
  await takeIn(cache, left, again);
  assert.deepEqual(again.got.bytes, [20]);
  assert.equal(cache.held.size, 0);
});

test("words alone become a draft too", async () => {
  const cache = storage();
  await share(cache, [["text", "请回电"]]);
  const form = formThat();
  await takeIn(cache, (await waiting(cache, NOW))[0], form);
  assert.deepEqual(form.got.texts, ["请回电"]);
  assert.equal(cache.held.size, 0);
});

test("a record's photos are taken, the rest is told; what is no picture is not kept", async () => {
  const cache = storage();
  const many = Array.from({ length: 23 }, (_, i) => ["photos", jpeg(`${i}.jpg`, i + 1)]);
  await share(cache, [...many, ["photos", jpeg("a.pdf", 9, "application/pdf")], ["photos", jpeg("empty.jpg", 0)]]);
  const [{ all, pictures }] = await waiting(cache, NOW);
  assert.deepEqual([all.n, all.left, pictures.length], [20, 3, 20]);
});

test("a phone without room keeps nothing half, and says so", async () => {
  const cache = storage(1);
  const answer = await share(cache, [["photos", jpeg("a.jpg")], ["photos", jpeg("b.jpg")]]);
  assert.equal(answer.address, "/capture?shared=failed");
  assert.equal(cache.held.size, 0);
});

test("whoever goes on posting fills no phone", async () => {
  const cache = storage();
  for (let i = 0; i < 5; i += 1) await share(cache, [["text", `${i}`]], { at: NOW + i });
  assert.equal((await share(cache, [["text", "6"]], { at: NOW + 9 })).address, "/capture?shared=too-much");
  assert.deepEqual((await waiting(cache, NOW)).map(({ all }) => all.text), ["0", "1", "2", "3", "4"]);
});

test("nor takes the room that a visit needs", async () => {
  const cache = storage();
  assert.equal((await share(cache, [["photos", jpeg("a.jpg", 600)]], { free: 1000 })).address, "/capture?shared=too-much");
  assert.equal((await share(cache, [["photos", jpeg("a.jpg", 400)]], { free: 1000 })).address, "/capture?shared=kept");
  const large = new Response("x", { headers: { "Fieldapp-Size": String(256 * 1024 * 1024) } });
  await cache.put(`/share/${NOW}/1`, large);
  assert.equal((await share(cache, [["photos", jpeg("b.jpg")]], { at: NOW + 1 })).address, "/capture?shared=too-much");
});

test("what a killed app kept half is swept, but not while it may still be coming", async () => {
  const cache = storage();
  await cache.put(`/share/${NOW}/0`, new Response("x"));
  assert.deepEqual(await waiting(cache, NOW + 1000), []);
  assert.equal(cache.held.size, 1);
  assert.deepEqual(await waiting(cache, NOW + 3_600_000), []);
  assert.equal(cache.held.size, 0);
});

test("an empty hand leads to the page without a word, and no other POST is touched", async () => {
  assert.equal((await share(storage(), [])).address, "/capture?shared=nothing");
  assert.equal(await share(storage(), [["text", "x"]], { path: "/logout" }), null);
  assert.equal(await share(storage(), [["text", "x"]], { path: "/share/1" }), null);
});

test("the app's icon shows what waits, nothing at none, and no browser must know how", async () => {
  const told = [];
  const app = { setAppBadge: async (n) => void told.push(n), clearAppBadge: async () => void told.push("clear") };
  badge(3, app);
  badge(0, app);
  badge(2, {});
  badge(0, {});
  badge(1, { setAppBadge: () => Promise.reject(new Error("not allowed")) });
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(told, [3, "clear"]);
});
