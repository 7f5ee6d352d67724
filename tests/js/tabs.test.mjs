// Two tabs, two senders, a frozen page, an older and a newer version of the app.
import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import * as drafts from "../../fieldapp/static/js/outbox/drafts.js";
import { dropRecord } from "../../fieldapp/static/js/outbox/dropping.js";
import { seal } from "../../fieldapp/static/js/outbox/seal.js";
import { run, wake } from "../../fieldapp/static/js/outbox/sender.js";
import { outbox } from "../../fieldapp/static/js/outbox/state.js";
import { openStore } from "../../fieldapp/static/js/outbox/store.js";
import { CAST, MINUTE, phone, record, saved } from "./phone.mjs";
import { FakeServer } from "./fake_server.mjs";

test("two tabs send at once: one sends, the other says so, each visit goes once", async () => {
  const server = new FakeServer();
  const one = await phone({ server });
  const two = await phone({ server, like: one });
  for (let n = 0; n < 6; n += 1) await saved(one, { photos: [100 + n] });
  const results = await Promise.all([run(one), run(two)]);
  assert.deepEqual(results.map((result) => result.locked).sort(), [false, true]);
  assert.equal(server.count(/PUT/), 6);
  assert.equal(server.count(/POST .*uploads/), 6);
});

test("the same without the browser's locks: a lease in the store does", async () => {
  const server = new FakeServer();
  const one = await phone({ server, locks: null });
  const two = await phone({ server, like: one, locks: null });
  for (let n = 0; n < 6; n += 1) await saved(one);
  const results = await Promise.all([run(one), run(two)]);
  assert.deepEqual(results.map((result) => result.locked).sort(), [false, true]);
  assert.equal(server.count(/PUT/), 6);
  assert.equal((await run(two)).locked, false, "the lease is given back");
});

for (const locks of [undefined, null]) {
  test(`a frozen page holds the queue${locks === null ? " (no locks)" : ""}: a minute after its lease another takes it over`, async () => {
    const server = new FakeServer();
    const frozen = await phone({ server, locks });
    const visit = await saved(frozen);
    const real = frozen.send;
    let thaw = () => {};
    frozen.send = { ...real, put: (...args) => new Promise((resolve) => { thaw = () => resolve(real.put(...args)); }) };
    const stuck = run(frozen);
    while (server.count(/devices/) === 0 || !(await record(frozen, visit.id)).lease) await new Promise(setImmediate);
    frozen.alive.delete(frozen.tab);
    const other = await phone({ server, like: frozen, locks });
    assert.equal((await run(other)).locked, true);
    other.clock.pass(30_000 + MINUTE + 1);
    assert.equal((await run(other)).sent, 1);
    thaw();
    assert.equal((await stuck).locked, locks !== null, "a page whose lock was taken is told");
    assert.equal((await record(other, visit.id)).state, "sent");
    assert.equal(server.raws.get(visit.id).size, 1);
  });
}

test("a page that thaws after another has taken the queue over sends nothing more", async () => {
  const server = new FakeServer();
  const frozen = await phone({ server, locks: null });
  await saved(frozen);
  const second = await saved(frozen);
  const real = frozen.send;
  frozen.send = { ...real, put: async (...args) => {
    await frozen.store.put("meta", { key: "sending", value: { holder: "another page", until: frozen.clock.now() + MINUTE } });
    return real.put(...args);
  } };
  assert.equal((await run(frozen)).locked, true);
  assert.equal(server.count(/PUT/), 1);
  assert.equal((await record(frozen, second.id)).lease, null, "and leaves no lease behind");
});

test("what is open in another living tab is neither edited nor sent from here", async () => {
  const server = new FakeServer();
  const one = await phone({ server });
  const two = await phone({ server, like: one });
  const visit = await saved(one);
  await drafts.editRecord(one, visit.id);
  await assert.rejects(drafts.editRecord(two, visit.id), { code: "open-elsewhere" });
  await assert.rejects(drafts.saveForm(two, visit.id, { kind: "site" }), { code: "open-elsewhere" });
  await assert.rejects(drafts.saveVisit(two, visit.id), { code: "open-elsewhere" });
  await assert.rejects(dropRecord(two, visit.id), { code: "open-elsewhere" });
  await run(two);
  assert.equal(server.count(/PUT/), 0);
  assert.equal((await outbox(two, CAST.ana.id))[0].open_elsewhere, true);
  await drafts.saveVisit(one, visit.id);
  await run(two);
  assert.equal((await record(two, visit.id)).state, "sent");
});

test("a lease runs out after ten minutes unless renewed, also where tabs cannot be counted", async () => {
  const one = await phone();
  const two = await phone({ like: one });
  two.tabAlive = async () => null;
  const draft = await drafts.beginDraft(one);
  one.clock.pass(9 * MINUTE);
  await drafts.renewLease(one, draft.id);
  one.clock.pass(9 * MINUTE);
  await assert.rejects(drafts.renewLease(two, draft.id), { name: "LeaseHeld" });
  one.clock.pass(2 * MINUTE);
  assert.equal((await drafts.renewLease(two, draft.id)).lease.tab, two.tab);
  await assert.rejects(drafts.saveForm(one, draft.id, {}), { name: "LeaseHeld" }, "and the first tab is told");
});

test("a released lease is free at once, and nobody releases another's", async () => {
  const one = await phone();
  const two = await phone({ like: one });
  const draft = await drafts.beginDraft(one);
  await drafts.releaseLease(two, draft.id);
  await assert.rejects(drafts.renewLease(two, draft.id), { name: "LeaseHeld" });
  await drafts.releaseLease(one, draft.id);
  await drafts.renewLease(two, draft.id);
});

test("on its way this very moment, a record cannot be opened in a form", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx);
  const real = ctx.send;
  let refusal = null;
  let place = null;
  ctx.send = { ...real, put: async (...args) => {
    refusal = await drafts.editRecord(ctx, visit.id).catch((error) => error.code);
    [{ place }] = await outbox(ctx, CAST.ana.id);
    return real.put(...args);
  } };
  await run(ctx);
  assert.equal(refusal, "being-sent");
  assert.equal(place, "sending");
});

// ---- the connection (versions of the store: store.test.mjs) ----

test("an upgrade by another tab does not hang: the old page lets go and opens again when it needs to", async () => {
  const ctx = await phone();
  const visit = await saved(ctx);
  const upgraded = new Promise((resolve, reject) => {
    const request = ctx.factory.open("fieldapp", 9);
    request.onblocked = () => reject(new Error("blocked"));
    request.onupgradeneeded = () => request.result.createObjectStore("drawings", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result.close());
  });
  await upgraded;
  assert.equal((await record(ctx, visit.id)).seq, 1);
  assert.equal((await saved(ctx)).seq, 2);
});

test("a connection that the system has closed is opened again, once, and the work repeated", async () => {
  const ctx = await phone();
  ctx.store.close();
  assert.equal((await saved(ctx)).seq, 1);
});

test("a failing transaction leaves nothing of itself", async () => {
  const ctx = await phone();
  await assert.rejects(
    ctx.store.tx(["meta"], async (tx) => {
      await tx.put("meta", { key: "half", value: 1 });
      throw new Error("no");
    }),
    /no/,
  );
  assert.equal(await ctx.store.get("meta", "half"), undefined);
});

test("every write asks for a strict commit", async () => {
  const asked = new Set();
  const factory = new IDBFactory();
  const open = factory.open.bind(factory);
  factory.open = (...args) => {
    const request = open(...args);
    request.addEventListener("success", () => {
      const real = request.result.transaction.bind(request.result);
      request.result.transaction = (stores, mode, options) => {
        if (mode === "readwrite") asked.add(options?.durability);
        return real(stores, mode, options);
      };
    });
    return request;
  };
  const store = await openStore("strict", factory);
  await store.put("meta", { key: "a", value: 1 });
  await store.tx(["meta"], (tx) => tx.remove("meta", "a"));
  assert.deepEqual([...asked], ["strict"]);
});

test("sealing and editing at the same moment: one of them wins, and the bytes sent are the ones sealed", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const other = await phone({ server, like: ctx });
  const visit = await saved(ctx, { photos: [100], content: "first" });
  const [sealed] = await Promise.allSettled([seal(ctx, visit.id), drafts.editRecord(other, visit.id)]);
  await drafts.saveForm(other, visit.id, { kind: "site", content: "second" });
  const after = (await drafts.saveVisit(other, visit.id)).record;
  assert.deepEqual([after.rev, after.replaces], sealed.status === "fulfilled" ? [2, sealed.value.sha256] : [1, null]);
  await wake(ctx, "manual");
  await run(ctx);
  assert.equal(server.envelopes(visit.id).at(-1).body.content, "second");
});
