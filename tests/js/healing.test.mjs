// After the receipt: what stays for how long, and how a restored server is healed from phones.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dropRecord } from "../../fieldapp/static/js/outbox/dropping.js";
import { applyReceipt, tidy } from "../../fieldapp/static/js/outbox/receipts.js";
import { run } from "../../fieldapp/static/js/outbox/sender.js";
import { outbox } from "../../fieldapp/static/js/outbox/state.js";
import { CAST, DAY, phone, photosOf, record, runUntilEmpty, saved } from "./phone.mjs";
import { FakeServer, sha } from "./fake_server.mjs";

const MB = 1024 * 1024;

async function sentVisit(photos = [100]) {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx, { photos });
  await run(ctx);
  assert.equal((await record(ctx, visit.id)).state, "sent");
  return { server, ctx, visit };
}

test("sent photo bytes stay seven days, the record thirty", async () => {
  const { ctx, visit } = await sentVisit();
  ctx.clock.pass(6 * DAY);
  await tidy(ctx);
  assert.equal((await photosOf(ctx, visit.id))[0].has_bytes, true);
  ctx.clock.pass(2 * DAY);
  await tidy(ctx);
  assert.equal((await photosOf(ctx, visit.id))[0].has_bytes, false);
  assert.equal((await ctx.store.list("bytes")).length, 0);
  ctx.clock.pass(21 * DAY);
  await tidy(ctx);
  assert.ok(await record(ctx, visit.id));
  ctx.clock.pass(2 * DAY);
  await tidy(ctx);
  assert.equal(await record(ctx, visit.id), undefined);
  assert.deepEqual(await photosOf(ctx, visit.id), []);
});

test("sending tidies by itself, once a day", async () => {
  const { ctx, visit } = await sentVisit();
  ctx.clock.pass(8 * DAY);
  await run(ctx);
  assert.equal((await photosOf(ctx, visit.id))[0].has_bytes, false);
});

test("of sent bytes no more than 200 MB, the oldest go first", async () => {
  const { ctx, server, visit: old } = await sentVisit();
  ctx.clock.pass(1000);
  const young = await saved(ctx, { photos: [100] });
  await run(ctx);
  assert.equal(server.raws.size, 2);
  for (const { id } of [old, young]) {
    const [photo] = await photosOf(ctx, id);
    await ctx.store.put("photos", { ...photo, size: 120 * MB });
  }
  await tidy(ctx);
  assert.equal((await photosOf(ctx, old.id))[0].has_bytes, false);
  assert.equal((await photosOf(ctx, young.id))[0].has_bytes, true);
});

test("tidying never touches what is unsent, however old, nor a refused photo before its decision", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const waiting = await saved(ctx, { photos: [100] });
  server.next({ on: /PUT/, drop: "before" });
  await run(ctx);
  const refused = await saved(ctx, { photos: [200] });
  const [photo] = await photosOf(ctx, refused.id);
  server.next({ on: /PUT/, then: (answer) => {
    answer.json.photos[0].state = "refused";
    answer.json.complete = true;
  } });
  await run(ctx);
  assert.equal((await record(ctx, refused.id)).state, "sent");
  ctx.clock.pass(400 * DAY);
  await tidy(ctx);
  assert.equal((await photosOf(ctx, waiting.id))[0].has_bytes, true);
  assert.equal((await ctx.store.get("bytes", photo.id)).buf.byteLength, 200);
});

test("a restored server that lacks a visit gets the same bytes and the photos again", async () => {
  const { server, ctx, visit } = await sentVisit([100, 200]);
  const before = (await record(ctx, visit.id)).sha256;
  server.restore(visit.id);
  await saved(ctx);
  assert.ok(await runUntilEmpty(ctx));
  assert.deepEqual(server.histories[0], [{ id: visit.id, sha256: before, visit_number: "ZF-2026-000001", issue_numbers: {} }]);
  assert.deepEqual([...server.raws.get(visit.id).keys()], [before]);
  assert.deepEqual([...server.photos.values()].map((photo) => photo.state), ["stored", "stored"]);
  assert.equal((await record(ctx, visit.id)).state, "sent");
});

test("numbers of issues that a receipt has told are told to a restored server, whatever later receipts leave out", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx, { photos: [100] });
  server.issueNumbers = { i: "XQ-2026-000007" };
  server.next({ on: /POST .*uploads/, status: 503 });
  await run(ctx);
  server.issueNumbers = {};
  assert.ok(await runUntilEmpty(ctx));
  server.restore(visit.id);
  await saved(ctx);
  assert.ok(await runUntilEmpty(ctx));
  assert.deepEqual(server.histories[0][0].issue_numbers, { i: "XQ-2026-000007" });
  server.restore(visit.id);
  await saved(ctx);
  await run(ctx);
  assert.deepEqual(server.histories.at(-1).find(({ id }) => id === visit.id).issue_numbers, { i: "XQ-2026-000007" });
});

test("a phone with nothing to send heals the server too, when its app is opened", async () => {
  const { server, ctx, visit } = await sentVisit();
  server.restore(visit.id);
  ctx.clock.pass(DAY);
  const { signedIn } = await import("../../fieldapp/static/js/outbox/devices.js");
  await signedIn(ctx);
  assert.equal(server.histories.length, 1);
  await run(ctx);
  assert.equal(server.raws.get(visit.id).size, 1);
});

test("the history comes before anything else is sent once the new epoch is seen", async () => {
  const { server, ctx, visit } = await sentVisit();
  server.restore(visit.id);
  ctx.clock.pass(DAY);
  await saved(ctx);
  server.log.length = 0;
  assert.ok(await runUntilEmpty(ctx));
  const first = server.log.findIndex((line) => line.includes("PUT"));
  assert.ok(server.log.findIndex((line) => line.endsWith("/history")) < first);
});

test("a record the server still has, whose photo it lost, learns it afresh", async () => {
  const { server, ctx, visit } = await sentVisit([300]);
  server.restore();
  const [photo] = server.photos.values();
  photo.state = "wanted";
  delete photo.bytes;
  ctx.clock.pass(DAY);
  await run(ctx);
  assert.equal([...server.photos.values()][0].state, "stored");
  assert.equal((await record(ctx, visit.id)).state, "sent");
});

test("while a restored server is asked, the officer's list goes on saying sent", async () => {
  const { server, ctx, visit } = await sentVisit([300]);
  server.restore();
  ctx.clock.pass(DAY);
  server.next({ on: /PUT/, drop: "before" });
  await run(ctx);
  assert.equal((await record(ctx, visit.id)).state, "sealed");
  assert.equal((await outbox(ctx, CAST.ana.id))[0].place, "sent");
});

test("bytes that are no longer here are withdrawn as lost, once", async () => {
  const { server, ctx, visit } = await sentVisit([300]);
  ctx.clock.pass(8 * DAY);
  await tidy(ctx);
  server.restore(visit.id);
  assert.ok(await runUntilEmpty(ctx));
  const told = [...server.raws.values()].flatMap((raws) => [...raws.values()]).map((raw) => raw.envelope.body).filter((body) => body.type === "photo_withdrawn");
  assert.deepEqual(told.map((body) => body.reason), ["lost"]);
  assert.equal((await record(ctx, visit.id)).state, "sent");
});

test("numbers given up before the restore are told once more, or they would be missed", async () => {
  const { server, ctx } = await sentVisit();
  const dropped = await saved(ctx);
  await dropRecord(ctx, dropped.id);
  await run(ctx);
  assert.deepEqual(server.voidedSeen, [2]);
  server.restore();
  for (let day = 0; day < 3; day += 1) {
    ctx.clock.pass(DAY);
    await run(ctx);
  }
  assert.deepEqual(server.voidedSeen, [2, 2]);
});

test("a healing that was interrupted is done again, whole, and changes nothing twice", async () => {
  const { server, ctx, visit } = await sentVisit();
  server.restore(visit.id);
  ctx.clock.pass(DAY);
  server.next({ on: /history/, drop: "after" });
  await run(ctx);
  assert.equal((await ctx.store.get("meta", "server_epoch")).value, "epoch-1");
  await run(ctx);
  assert.equal((await ctx.store.get("meta", "server_epoch")).value, "epoch-1+");
  assert.equal(server.histories.length, 2);
  assert.ok(await runUntilEmpty(ctx));
  assert.equal(server.raws.get(visit.id).size, 1);
});

test("a restored server that cannot hear the history holds nothing up, and is told in the next run", async () => {
  const { server, ctx, visit } = await sentVisit();
  server.restore(visit.id);
  ctx.clock.pass(DAY);
  const fresh = [await saved(ctx), await saved(ctx, { photos: [100] })];
  server.next({ on: /history/, status: 500 });
  await run(ctx);
  for (const { id } of fresh) assert.equal((await record(ctx, id)).state, "sent");
  assert.equal(server.count(/history/), 1);
  await run(ctx);
  assert.equal(server.raws.get(visit.id).size, 1);
});

test("three hundred sent visits tell their history in pages", async () => {
  const { server, ctx, visit } = await sentVisit([]);
  const one = await record(ctx, visit.id);
  await ctx.store.tx(["records"], async (tx) => {
    for (let n = 0; n < 299; n += 1) await tx.put("records", { ...one, id: `copy-${n}` });
  });
  server.restore();
  ctx.clock.pass(DAY);
  server.next({ on: /PUT/, drop: "before", always: true });
  await run(ctx);
  assert.deepEqual(server.histories.map((page) => page.length), [100, 100, 100]);
});

test("each officer of a shared phone tells a restored server of their own records", async () => {
  const { server, ctx: ana, visit } = await sentVisit();
  const bo = await phone({ server, user: CAST.bo, like: ana });
  const signIn = (user) => ana.store.put("meta", { key: "current_user", value: user });
  await signIn(CAST.bo);
  const other = await saved(bo);
  await run(bo);
  server.restore(visit.id, other.id);
  for (const [ctx, user, record] of [[bo, CAST.bo, other], [ana, CAST.ana, visit]]) {
    await signIn(user);
    ctx.clock.pass(DAY);
    await run(ctx);
    assert.ok(await runUntilEmpty(ctx));
    assert.equal(server.raws.get(record.id)?.size, 1);
  }
});

test("a first epoch is only remembered: nothing is healed", async () => {
  const { server, ctx } = await sentVisit();
  assert.equal(server.histories.length, 0);
  assert.equal((await ctx.store.get("meta", "server_epoch")).value, "epoch-1");
});

test("a receipt for other bytes changes nothing", async () => {
  const { ctx, visit } = await sentVisit();
  const before = await record(ctx, visit.id);
  assert.equal(await applyReceipt(ctx, visit.id, { ...before.receipt, payload_sha256: "f".repeat(64), complete: false }), null);
  assert.equal(await applyReceipt(ctx, "nobody", before.receipt), null);
  assert.deepEqual((await record(ctx, visit.id)).receipt, before.receipt);
});

test("the bytes kept after sending are those that were sent", async () => {
  const { server, ctx, visit } = await sentVisit([5000]);
  const [photo] = await photosOf(ctx, visit.id);
  assert.equal(sha((await ctx.store.get("bytes", photo.id)).buf), sha(server.photos.get(photo.id).bytes));
});
