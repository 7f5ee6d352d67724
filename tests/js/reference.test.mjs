// What the phone knows of the zone: loaded in pages, swapped in whole, gone after a fortnight.
import assert from "node:assert/strict";
import { test } from "node:test";
import { signOut } from "../../fieldapp/static/js/outbox/devices.js";
import { purgeExpired, read, refresh } from "../../fieldapp/static/js/outbox/reference.js";
import { run } from "../../fieldapp/static/js/outbox/sender.js";
import { CAST, DAY, phone, record, saved } from "./phone.mjs";
import { FakeServer } from "./fake_server.mjs";

const P = (id, name = id) => ({ id, name });

async function loaded(...pages) {
  const server = new FakeServer();
  const ctx = await phone({ server });
  server.reference.push(...(pages.length ? pages : [{ cursor: "c1", changes: { projects: [P("p1"), P("p2")], kinds: [{ code: "site" }] }, removed: {}, outcomes: [], me: CAST.ana }]));
  assert.deepEqual(await refresh(ctx), { loaded: true, signIn: false });
  return { server, ctx };
}
const names = async (ctx) => (await read(ctx, "projects"))?.map((one) => one.name) ?? null;

test("a first load in pages is swapped in only when complete", async () => {
  const { server, ctx } = await loaded(
    { next: "n2", changes: { projects: [P("p1")], kinds: [{ code: "site" }] } },
    { next: "n3", changes: { projects: [P("p2")] } },
    { cursor: "c1", changes: { projects: [P("p3")] }, replaced: { contacts: [{ id: "k" }] }, outcomes: [], me: CAST.ana },
  );
  assert.deepEqual(await names(ctx), ["p1", "p2", "p3"]);
  assert.deepEqual(await read(ctx, "contacts"), [{ id: "k" }]);
  assert.equal((await read(ctx, "me")).name, "Ana");
  assert.equal(await read(ctx, "loaded_at"), ctx.clock.now());
  assert.deepEqual(server.log, ["GET /api/v1/reference", "GET /api/v1/reference?part=n2", "GET /api/v1/reference?part=n3"]);
});

test("an interrupted load shows nothing half, and goes on where it stopped", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  server.reference.push({ next: "n2", changes: { projects: [P("p1")] } });
  server.next({ on: /part=n2/, drop: "before" });
  assert.equal((await refresh(ctx)).loaded, false);
  assert.equal(await names(ctx), null);
  server.log.length = 0;
  server.reference.push({ cursor: "c1", changes: { projects: [P("p2")] }, outcomes: [] });
  assert.equal((await refresh(ctx)).loaded, true);
  assert.deepEqual(server.log, ["GET /api/v1/reference?part=n2"]);
  assert.deepEqual(await names(ctx), ["p1", "p2"]);
});

test("what changed is merged, what is gone goes, and unchanged lists stay", async () => {
  const { server, ctx } = await loaded();
  server.reference.push({ cursor: "c2", changes: { projects: [P("p2", "renamed"), P("p9")] }, removed: { projects: ["p1"] }, outcomes: [] });
  await refresh(ctx);
  assert.deepEqual(await names(ctx), ["renamed", "p9"]);
  assert.deepEqual(await read(ctx, "kinds"), [{ code: "site" }]);
  assert.equal(server.log.at(-1), "GET /api/v1/reference?since=c1");
});

test("nothing new is still fresh", async () => {
  const { server, ctx } = await loaded();
  ctx.clock.pass(13 * DAY);
  server.reference.push({ cursor: "c2", changes: {}, removed: {}, outcomes: [] });
  await refresh(ctx);
  ctx.clock.pass(13 * DAY);
  assert.equal(await purgeExpired(ctx), false);
  assert.deepEqual(await names(ctx), ["p1", "p2"]);
});

test("reset: everything is loaded again, and until then the old data serve", async () => {
  const { server, ctx } = await loaded();
  await ctx.store.put("ref", { key: `${CAST.ana.id}:recent_projects`, value: ["p2"] });
  server.reference.push({ reset: true });
  server.next({ on: /reference$/, drop: "before" });
  assert.equal((await refresh(ctx)).loaded, false);
  assert.deepEqual(await names(ctx), ["p1", "p2"]);
  server.log.length = 0;
  server.reference.push({ cursor: "c7", changes: { projects: [P("p5")] }, outcomes: [] });
  assert.equal((await refresh(ctx)).loaded, true);
  assert.deepEqual(server.log, ["GET /api/v1/reference"], "the refused cursor is not tried again");
  assert.deepEqual(await names(ctx), ["p5"]);
  assert.equal(await read(ctx, "kinds"), null, "a first load replaces all");
  assert.deepEqual(await read(ctx, "recent_projects"), ["p2"]);
});

for (const [what, page] of [["in the middle of", { next: "n2", changes: { projects: [P("p7")] } }], ["at the end of", { cursor: "c7", changes: { projects: [P("p7")] }, outcomes: [] }]]) {
  test(`signing out ${what} a load: the answer under way is not kept`, async () => {
    const { server, ctx } = await loaded();
    server.reference.push(page);
    const { get } = ctx.send;
    ctx.send.get = async (...asked) => {
      const answer = await get(...asked);
      await signOut(ctx);
      return answer;
    };
    assert.equal((await refresh(ctx)).loaded, false);
    assert.deepEqual(await ctx.store.list("ref"), []);
  });
}

test("a server restored in the middle of a load: begun again, never mixed", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  server.reference.push({ next: "n2", changes: { projects: [P("old")] } }, { next: "n3", changes: { projects: [P("old too")] }, server_epoch: "epoch-2" }, { cursor: "c1", changes: { projects: [P("new")] }, outcomes: [], server_epoch: "epoch-2" });
  assert.equal((await refresh(ctx)).loaded, true);
  assert.deepEqual(await names(ctx), ["new"]);
});

for (const [what, fault] of [["a portal's page", { status: 200 }], ["503", { status: 503 }], ["JSON that is not ours", { status: 200, json: { hello: 1 } }], ["no answer", { drop: "before" }]]) {
  test(`${what} changes nothing`, async () => {
    const { server, ctx } = await loaded();
    server.next({ on: /reference/, ...fault });
    assert.deepEqual(await refresh(ctx), { loaded: false, signIn: false });
    assert.deepEqual(await names(ctx), ["p1", "p2"]);
  });
}

test("401 asks to sign in and keeps the data; 403 (out of every team) lets them go", async () => {
  const { server, ctx } = await loaded();
  server.next({ on: /reference/, status: 401 });
  assert.deepEqual(await refresh(ctx), { loaded: false, signIn: true });
  assert.deepEqual(await names(ctx), ["p1", "p2"]);
  const visit = await saved(ctx);
  server.next({ on: /reference/, status: 403, json: { code: "forbidden" } });
  await refresh(ctx);
  assert.equal(await names(ctx), null);
  assert.equal((await record(ctx, visit.id)).state, "saved", "the queue is no reference data");
});

test("not refreshed for a fortnight: gone at the next start, and capture goes on", async () => {
  const { ctx } = await loaded();
  ctx.clock.pass(14 * DAY + 1);
  assert.equal(await purgeExpired(ctx), true);
  assert.equal(await names(ctx), null);
  assert.equal((await saved(ctx, { form: { typed_project: "East works" } })).state, "saved");
});

test("outcomes reach the records they are about, and only one's own", async () => {
  const { server, ctx } = await loaded();
  const visit = await saved(ctx);
  await run(ctx);
  const outcome = { id: visit.id, state: "not_applied", reason: "closed", number: "ZF-2026-000009", issue_numbers: { i: "XQ-2026-000001" } };
  server.reference.push({ cursor: "c2", changes: {}, outcomes: [outcome, { id: "unknown", state: "placed" }] });
  await refresh(ctx);
  assert.deepEqual((await record(ctx, visit.id)).outcome, outcome);
  assert.equal((await read(ctx, "outcomes")).length, 2);
  server.restore(visit.id);
  ctx.clock.pass(DAY);
  await run(ctx);
  assert.deepEqual(server.histories[0][0].issue_numbers, { i: "XQ-2026-000001" });
});

test("nobody signed in: nothing is asked and nothing is read", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server, user: null });
  assert.deepEqual(await refresh(ctx), { loaded: false, signIn: false });
  assert.equal(await read(ctx, "projects"), null);
  assert.equal(server.log.length, 0);
});
