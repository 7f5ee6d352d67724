// The phone's store over the versions of the app: older code, newer code, and pages that hold it open.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import * as drafts from "../../fieldapp/static/js/outbox/drafts.js";
import { fromBase64 } from "../../fieldapp/static/js/outbox/hash.js";
import { read } from "../../fieldapp/static/js/outbox/reference.js";
import { wake } from "../../fieldapp/static/js/outbox/sender.js";
import { outbox } from "../../fieldapp/static/js/outbox/state.js";
import { openStore } from "../../fieldapp/static/js/outbox/store.js";
import { FakeServer, sha } from "./fake_server.mjs";
import { frozenClock, phone, photosOf, record, runUntilEmpty } from "./phone.mjs";

const FOLDER = new URL("fixtures/", import.meta.url);
const SHIPPED = readdirSync(FOLDER).filter((name) => /^store-\d+\.json$/.test(name));
const asBytes = (_, value) => (typeof value?.base64 === "string" ? fromBase64(value.base64).buffer.slice(0) : value);
const shipped = (name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"), asBytes);

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** A browser in which this store lies. `change` may make its shape another than the one shipped. */
async function lying(told, change = () => {}, version = told.version) {
  const factory = new IDBFactory();
  const request = factory.open("fieldapp", version);
  request.onupgradeneeded = () => {
    for (const [name, keyPath] of Object.entries(told.stores)) {
      const made = request.result.createObjectStore(name, { keyPath });
      for (const [index, path] of Object.entries(told.indexes[name] ?? {})) made.createIndex(index, path);
    }
    change(request.result, request.transaction);
  };
  const db = await done(request);
  const tx = db.transaction(Object.keys(told.stores), "readwrite");
  for (const [name, rows] of Object.entries(told.rows)) for (const row of rows) tx.objectStore(name).put(row);
  await new Promise((resolve) => (tx.oncomplete = resolve));
  db.close();
  return factory;
}

/** Finds every record and photo, sends all of it, and holds what arrived against what had been stored. */
async function allArrives(factory, told) {
  const server = new FakeServer();
  const clock = frozenClock(told.at);
  server.clock = clock;
  const ctx = await phone({ server, user: null, like: { factory, clock } });
  ctx.send = server.as(told.owner);
  const before = new Map(told.rows.records.map((row) => [row.id, row]));
  assert.equal((await outbox(ctx, told.owner.id)).length, before.size);
  const { id: draft } = told.rows.records.find(({ state }) => state === "draft");
  const opened = await drafts.editRecord(ctx, draft);
  await drafts.saveForm(ctx, draft, { ...opened.record.form, finished: "by the other version" });
  await drafts.saveVisit(ctx, draft);
  const { id: edited } = told.rows.records.find(({ edit }) => edit !== null);
  await drafts.editRecord(ctx, edited);
  await drafts.saveVisit(ctx, edited);
  await wake(ctx, "manual");
  assert.ok(await runUntilEmpty(ctx), "the queue becomes empty");
  const bytes = new Map(told.rows.bytes.map(({ id, buf }) => [id, sha(buf)]));
  for (const [id, row] of before) {
    const now = await record(ctx, id);
    assert.equal(now.state, "sent", row.form.content);
    if (row.state === "sent") continue;
    const arrived = [...server.raws.get(id).keys()];
    assert.deepEqual(arrived, [now.sha256]);
    if (row.sealed) assert.deepEqual(arrived, [sha(row.sealed)], "as it was sealed then");
    assert.equal(server.envelopes(id)[0].seq, row.seq ?? now.seq);
    for (const photo of now.photo_ids) {
      const stored = server.photos.get(photo);
      if (stored?.bytes) assert.equal(sha(stored.bytes), bytes.get(photo));
      assert.ok(stored?.bytes || row.receipt, "each photo that had not arrived before has arrived now");
    }
  }
  assert.equal(server.envelopes(draft)[0].body.finished, "by the other version");
  assert.equal(server.envelopes(edited)[0].body.content, before.get(edited).edit.form.content);
  assert.equal(server.envelopes(edited)[0].photos.length, before.get(edited).edit.photo_ids.length);
  assert.deepEqual(await read(ctx, "projects"), [{ id: "p1", name: "East works" }]);
  return ctx;
}

for (const name of SHIPPED) {
  const told = shipped(name);

  test(`${name}, as it was shipped: all of it is there and arrives, hash for hash`, async () => {
    await allArrives(await lying(told), told);
  });

  test(`${name}, of a shape older still: what is missing is added, nothing else changes`, async () => {
    const older = { ...told, indexes: { records: { owner: "owner" } } };
    await allArrives(await lying(older), told);
  });

  test(`${name}, in a newer store: older code works with it and keeps what it does not know`, async () => {
    const newer = structuredClone(told);
    for (const row of [...newer.rows.records, ...newer.rows.photos]) row.weather = "rain";
    const factory = await lying(newer, (db, tx) => {
      db.createObjectStore("drawings", { keyPath: "id" }).put({ id: "d1", lines: 3 });
      tx.objectStore("records").createIndex("weather", "weather");
    }, 40);
    const ctx = await allArrives(factory, newer);
    for (const { id } of newer.rows.records) {
      assert.equal((await record(ctx, id)).weather, "rain");
      for (const photo of await photosOf(ctx, id)) assert.equal(photo.weather, "rain");
    }
    ctx.store.close();
    const db = await done(factory.open("fieldapp"));
    assert.deepEqual(await done(db.transaction("drawings").objectStore("drawings").get("d1")), { id: "d1", lines: 3 });
  });
}

test("a page that never lets go blocks an upgrade: the officer is told, and once it is closed all is there", async () => {
  const told = shipped("store-1.json");
  const older = { ...told, indexes: {} };
  const factory = await lying(older);
  const frozen = await done(factory.open("fieldapp"));
  await assert.rejects(openStore("fieldapp", factory, 20), { code: "store" });
  frozen.close();
  const store = await openStore("fieldapp", factory, 20);
  assert.equal((await store.list("records", "owner", told.owner.id)).length, told.rows.records.length);
});

test("an upgrade that was given up does not block the next: what opens too late is closed", async () => {
  const told = shipped("store-1.json");
  const factory = await lying({ ...told, indexes: {} });
  const frozen = await done(factory.open("fieldapp"));
  await assert.rejects(openStore("fieldapp", factory, 20), { code: "store" });
  frozen.close();
  const later = factory.open("fieldapp", 90);
  later.onblocked = () => assert.fail("blocked by nobody");
  (await done(later)).close();
});

test("a connection that the system closes in the middle of a run is opened again, and nothing is sent twice", async () => {
  const told = shipped("store-1.json");
  const factory = await lying(told);
  const real = factory.open.bind(factory);
  const open = [];
  factory.open = (...asked) => {
    const request = real(...asked);
    request.addEventListener("success", () => open.push(request.result));
    return request;
  };
  const server = new FakeServer();
  server.clock = frozenClock(told.at);
  const ctx = await phone({ server, user: null, like: { factory, clock: server.clock } });
  ctx.send = server.as(told.owner);
  const put = ctx.send.put;
  let closed = 0;
  ctx.send.put = async (...asked) => {
    open.at(-1).close(); // without a word, as iOS does
    closed += 1;
    return put(...asked);
  };
  await wake(ctx, "manual");
  await runUntilEmpty(ctx);
  assert.ok(closed > 3 && open.length > closed);
  for (const [id, raws] of server.raws) assert.equal(raws.size, 1, id);
  const waiting = told.rows.records.filter(({ state, edit }) => state !== "draft" && !edit);
  for (const { id } of waiting) assert.equal((await record(ctx, id)).state, "sent");
});
