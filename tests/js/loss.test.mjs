// IndexedDB has vanished without a word: the phone notices, and says so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contact } from "../../fieldapp/static/js/outbox/devices.js";
import { dropRecord } from "../../fieldapp/static/js/outbox/dropping.js";
import { acknowledge, check } from "../../fieldapp/static/js/outbox/loss.js";
import { run } from "../../fieldapp/static/js/outbox/sender.js";
import { CAST, FakeJar, FakeMemory, phone, saved } from "./phone.mjs";
import { FakeServer } from "./fake_server.mjs";

/** The same browser after its IndexedDB was wiped. */
const wiped = (ctx) => phone({ locks: ctx.locks }).then((fresh) => Object.assign(fresh, { mirror: ctx.mirror }));

test("a wiped store with three visits in it is reported, until the officer has read it", async () => {
  const ctx = await phone();
  for (let n = 0; n < 3; n += 1) await saved(ctx);
  const device = (await ctx.store.get("meta", "device")).value.id;
  const after = await wiped(ctx);
  assert.deepEqual(await check(after), { device, last_seq: 3, queued: 3 });
  await saved(after);
  assert.deepEqual(await check(after), { device, last_seq: 3, queued: 3 }, "a new visit does not wipe the memory of the loss");
  await acknowledge(after);
  assert.equal(await check(after), null);
  const again = await wiped(after);
  assert.equal((await check(again)).queued, 1);
});

test("a store that vanishes under an open page is not written over by its next visit", async () => {
  const ctx = await phone();
  for (let n = 0; n < 2; n += 1) await saved(ctx);
  ctx.store.close();
  ctx.factory.deleteDatabase("fieldapp");
  await ctx.store.put("meta", { key: "current_user", value: CAST.ana });
  await saved(ctx);
  assert.equal((await check(ctx)).queued, 2);
  await acknowledge(ctx);
  assert.equal((await check(await wiped(ctx))).queued, 1, "from now on this installation is remembered");
});

test("read before anything was saved here: the loss is not told again at the next start", async () => {
  const ctx = await phone();
  await saved(ctx);
  const after = await wiped(ctx);
  await check(after);
  await acknowledge(after);
  assert.equal(await check(await phone({ like: after })), null);
});

test("the server hears of the loss at the next contact, whether or not the officer has read it, until it has answered", async () => {
  const server = new FakeServer();
  const before = await phone({ server });
  server.next({ on: /PUT/, drop: "before", always: true });
  await saved(before);
  await saved(before);
  const lost = { device: (await before.store.get("meta", "device")).value.id, last_seq: 2, queued: 2 };
  const after = Object.assign(await phone({ server }), { mirror: before.mirror });
  await check(after);
  await acknowledge(after);
  server.next({ on: /devices/, drop: "after" });
  assert.equal(await contact(after), false);
  assert.equal(await contact(after), true);
  assert.equal(await contact(after), true);
  assert.deepEqual(server.devices.map((said) => said.lost), [lost, lost, undefined]);
});

test("nothing is lost when the queue was empty, when all is there, and on a new phone", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  assert.equal(await check(ctx), null);
  await saved(ctx);
  assert.equal(await check(ctx), null);
  await run(ctx);
  assert.equal(await check(await wiped(ctx)), null, "all had been sent");
});

test("either memory is enough: the cookie alone, localStorage alone", async () => {
  for (const gone of ["local", "jar"]) {
    const ctx = await phone();
    await saved(ctx);
    const after = await wiped(ctx);
    after.mirror = { ...ctx.mirror, [gone]: gone === "jar" ? new FakeJar() : new FakeMemory() };
    assert.equal((await check(after)).queued, 1, gone);
  }
});

test("a browser that refuses localStorage still has the cookie", async () => {
  const ctx = await phone();
  const refuse = () => {
    throw new DOMException("no", "SecurityError");
  };
  ctx.mirror.local = { getItem: refuse, setItem: refuse };
  await saved(ctx);
  assert.equal((await check(await wiped(ctx))).queued, 1);
});

test("the cookie lasts 400 days and holds a number, never content", async () => {
  const ctx = await phone();
  await saved(ctx, { content: "SECRET" });
  const device = (await ctx.store.get("meta", "device")).value.id;
  assert.equal(ctx.mirror.jar.last, `fieldapp_queue=${device}.1.1; Max-Age=34560000; Path=/; SameSite=Lax; Secure`);
});

test("a dropped visit is no longer remembered as waiting", async () => {
  const ctx = await phone();
  const visit = await saved(ctx);
  await dropRecord(ctx, visit.id);
  assert.equal(await check(await wiped(ctx)), null);
});

test("a cookie that says nonsense is no loss", async () => {
  const ctx = await phone();
  ctx.mirror.jar.cookie = "fieldapp_queue=<script>.x.5";
  ctx.mirror.local.setItem("fieldapp_queue", "");
  assert.equal(await check(ctx), null);
});
