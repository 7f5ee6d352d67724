// The records' table of outcomes: whatever the answer, nothing leaves the phone without a receipt.
import assert from "node:assert/strict";
import { test } from "node:test";
import { run, wake } from "../../fieldapp/static/js/outbox/sender.js";
import { outbox, summary } from "../../fieldapp/static/js/outbox/state.js";
import { CAST, DAY, HOUR, MINUTE, OFFLINE, newId, phone, record, runUntilEmpty, saved } from "./phone.mjs";
import { FakeServer } from "./fake_server.mjs";

const PUT = /PUT/;
const placeOf = async (ctx, id) => (await outbox(ctx, CAST.ana.id)).find((row) => row.record.id === id).place;

async function oneVisit() {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx);
  return { server, ctx, visit };
}

test("201 with its receipt: the visit is sent, its bytes as sealed, its number known", async () => {
  const { server, ctx, visit } = await oneVisit();
  const result = await run(ctx);
  assert.deepEqual([result.sent, result.received, result.next_at], [1, 1, null]);
  const sent = await record(ctx, visit.id);
  assert.equal(sent.state, "sent");
  assert.equal(sent.receipt.number, "ZF-2026-000001");
  const [raw] = server.raws.get(visit.id).values();
  assert.deepEqual(new Uint8Array(sent.sealed), raw.bytes);
  await run(ctx);
  assert.equal(server.count(PUT), 1, "and it is not sent again");
});

for (const state of ["unfiled", "unplaced", "held", "not_applied"]) {
  test(`202 ${state} with a complete receipt is a receipt like any other`, async () => {
    const { server, ctx, visit } = await oneVisit();
    server.next({ on: PUT, drop: "after" }); // it is stored; now its answer:
    await run(ctx);
    const [hash] = server.raws.get(visit.id).keys();
    const receipt = { ...server.receipt(visit.id, hash), state };
    server.next({ on: PUT, status: 202, json: receipt });
    await wake(ctx, "manual");
    await run(ctx);
    assert.equal((await record(ctx, visit.id)).state, "sent");
    assert.equal((await record(ctx, visit.id)).receipt.state, state);
  });
}

test("409 with a receipt is a variant: stored, so the phone lets go", async () => {
  const { server, ctx, visit } = await oneVisit();
  const other = { bytes: new Uint8Array(), envelope: { id: visit.id, rev: 1, photos: [] }, owner: CAST.ana.id, variant: false };
  server.raws.set(visit.id, new Map([["0".repeat(64), other]]));
  await run(ctx);
  const sent = await record(ctx, visit.id);
  assert.equal(sent.receipt.state, "variant");
  assert.equal(sent.state, "sent");
});

const KEPT = [
  ["no answer", { drop: "before" }],
  ["the answer is lost on the way", { drop: "after" }],
  ["200 with a portal's HTML", { status: 200 }],
  ["200 with a receipt for other bytes", { status: 200, json: { id: "x", payload_sha256: "y", server_epoch: "e", state: "placed", photos: [], complete: true } }],
  ["201 with half a receipt", { status: 201, json: { id: "x", complete: true } }],
  ["409 without a receipt", { status: 409, json: { code: "conflict" } }],
  ["408", { status: 408 }],
  ["425", { status: 425 }],
  ["429", { status: 429 }],
  ["500", { status: 500 }],
  ["502 from a proxy", { status: 502 }],
  ["503", { status: 503, json: { code: "busy" } }],
  ["507 disk full", { status: 507, json: { code: "disk-full" } }],
  ["404 of a proxy", { status: 404 }],
  ["400 of a proxy", { status: 400 }],
  ["418", { status: 418 }],
];
for (const [what, fault] of KEPT) {
  test(`${what}: kept, backed off, sent later as the same bytes`, async () => {
    const { server, ctx, visit } = await oneVisit();
    server.next({ on: PUT, ...fault });
    const result = await run(ctx);
    const kept = await record(ctx, visit.id);
    assert.equal(kept.state, "sealed");
    assert.equal(kept.ever_2xx, false);
    assert.equal(kept.lease, null);
    assert.ok(kept.next_at > ctx.clock.now() && kept.next_at <= ctx.clock.now() + 5_000, "first back-off is within 5 s");
    assert.equal(result.next_at, kept.next_at);
    await run(ctx);
    assert.equal(server.count(PUT), 1, "not before it is due");
    ctx.clock.pass(5_000);
    await run(ctx);
    assert.equal((await record(ctx, visit.id)).state, "sent");
    assert.equal(server.raws.get(visit.id).size, 1);
    assert.equal([...server.raws.get(visit.id).keys()][0], kept.sha256);
  });
}

test("back-off grows to 30 minutes and no further, with full jitter", async () => {
  const { server, ctx, visit } = await oneVisit();
  server.next({ on: PUT, status: 503, always: true });
  ctx.random.float = () => 1;
  const waits = [];
  for (let n = 0; n < 12; n += 1) {
    await run(ctx);
    waits.push((await record(ctx, visit.id)).next_at - ctx.clock.now());
    ctx.clock.pass(waits.at(-1));
  }
  assert.deepEqual(waits.slice(0, 4), [5_000, 10_000, 20_000, 40_000]);
  assert.deepEqual(waits.slice(-2), [30 * MINUTE, 30 * MINUTE]);
  ctx.random.float = () => 0.25;
  await run(ctx);
  assert.equal((await record(ctx, visit.id)).next_at - ctx.clock.now(), 7.5 * MINUTE);
});

test("Retry-After is obeyed, in seconds and as a date", async () => {
  const { server, ctx, visit } = await oneVisit();
  server.next({ on: PUT, status: 503, headers: { "retry-after": "600" } });
  await run(ctx);
  assert.equal((await record(ctx, visit.id)).next_at, ctx.clock.now() + 10 * MINUTE);
  ctx.clock.pass(10 * MINUTE);
  const date = new Date(ctx.clock.now() + HOUR);
  server.next({ on: PUT, status: 429, headers: { "retry-after": date.toUTCString() } });
  await run(ctx);
  assert.equal((await record(ctx, visit.id)).next_at, date.getTime());
});

test("online, opening the app and a tap forget the back-off", async () => {
  for (const reason of ["online", "open", "manual"]) {
    const { server, ctx, visit } = await oneVisit();
    server.next({ on: PUT, status: 503, headers: { "retry-after": "3000" } });
    await run(ctx);
    await wake(ctx, reason);
    await run(ctx);
    assert.equal((await record(ctx, visit.id)).state, "sent", reason);
  }
});

test("401 stops the run and keeps everything; after signing in it all goes", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visits = [await saved(ctx), await saved(ctx), await saved(ctx)];
  server.next({ on: PUT, status: 401, json: { code: "signed-out" } });
  const result = await run(ctx);
  assert.equal(result.signIn, true);
  assert.equal(server.count(PUT), 1);
  for (const { id } of visits) {
    const kept = await record(ctx, id);
    assert.deepEqual([kept.tries, kept.next_at, kept.problem, kept.lease], [0, 0, null, null]);
  }
  server.signedIn = false;
  assert.equal((await run(ctx)).signIn, true);
  server.signedIn = true;
  assert.equal((await run(ctx)).sent, 3);
});

test("403 not-owner: somebody else is signed in now; nothing changes here and the run ends", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx);
  const second = await saved(ctx);
  ctx.send = server.as(CAST.bo); // Bo has signed in on this phone, and the page has not noticed
  const result = await run(ctx);
  assert.equal(result.otherUser, true);
  assert.equal(server.raws.size, 0);
  assert.deepEqual([(await record(ctx, visit.id)).tries, (await record(ctx, second.id)).tries], [0, 0]);
  assert.equal((await ctx.store.get("meta", "current_user")).value.id, CAST.bo.id);
  await run(ctx);
  assert.equal(server.raws.size, 0, "as Bo, nothing of Ana's is sent");
  ctx.send = server.as(CAST.ana);
  await ctx.store.put("meta", { key: "current_user", value: CAST.ana });
  assert.equal((await run(ctx)).sent, 2);
});

for (const status of [400, 403, 404, 410, 413, 422]) {
  test(`${status}: kept for a person, tried again when he taps, and by itself after hours`, async () => {
    const { server, ctx, visit } = await oneVisit();
    server.next({ on: PUT, status, json: { code: "odd" } });
    await run(ctx);
    const stuck = await record(ctx, visit.id);
    assert.deepEqual([stuck.state, stuck.problem.code, stuck.problem.status], ["needs_you", "odd", status]);
    assert.equal(await placeOf(ctx, visit.id), "needs_you");
    await wake(ctx, "online");
    await run(ctx);
    assert.equal(server.count(PUT), 1, "not by the network coming back");
    server.next({ on: PUT, status, json: { code: "odd" } });
    await wake(ctx, "manual");
    await run(ctx);
    assert.equal(server.count(PUT), 2);
    ctx.clock.pass(7 * HOUR);
    await run(ctx);
    assert.equal((await record(ctx, visit.id)).state, "sent", "a later version of the server takes it");
    assert.equal(await placeOf(ctx, visit.id), "sent");
  });
}

test("what nobody foresaw is shown after a day; a busy server never is", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const odd = await saved(ctx);
  const busy = await saved(ctx);
  server.next({ on: new RegExp(odd.id), status: 404, always: true }, { on: new RegExp(busy.id), status: 503, always: true });
  await run(ctx);
  assert.equal(await placeOf(ctx, odd.id), "waiting");
  for (let hours = 0; hours < 26; hours += 1) {
    ctx.clock.pass(HOUR);
    await run(ctx);
  }
  assert.equal(await placeOf(ctx, odd.id), "needs_you");
  assert.equal(await placeOf(ctx, busy.id), "waiting");
});

test("one bad record never holds up the others, whatever is bad about it", async () => {
  for (const fault of [{ status: 500 }, { status: 422 }, { status: 200 }, { drop: "before" }, { status: 404 }]) {
    const server = new FakeServer();
    const ctx = await phone({ server });
    const bad = await saved(ctx);
    const good = [await saved(ctx), await saved(ctx, { photos: [200] })];
    server.next({ on: new RegExp(bad.id), always: true, ...fault });
    await run(ctx);
    for (const { id } of good) assert.equal((await record(ctx, id)).state, "sent", JSON.stringify(fault));
    assert.notEqual((await record(ctx, bad.id)).state, "sent");
  }
});

test("a record whose own row is broken does not hold up the others either", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const broken = await saved(ctx);
  const good = await saved(ctx);
  await ctx.store.put("records", { ...(await record(ctx, broken.id)), occurred: null });
  await run(ctx);
  assert.equal((await record(ctx, good.id)).state, "sent");
  assert.equal((await record(ctx, broken.id)).problem.code, "error");
});

test("four that get no answer while the network is there: the fifth goes all the same", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  for (let n = 0; n < 4; n += 1) {
    const { id } = await saved(ctx);
    server.next({ on: new RegExp(id), drop: "before", always: true });
  }
  const fifth = await saved(ctx);
  const result = await run(ctx);
  assert.equal(result.offline, false);
  assert.equal((await record(ctx, fifth.id)).state, "sent");
});

test("no network at all: given up after three, not after thirty", async () => {
  const ctx = await phone();
  for (let n = 0; n < 10; n += 1) await saved(ctx);
  ctx.send = { ...OFFLINE };
  let puts = 0;
  ctx.send.put = async () => {
    puts += 1;
    return OFFLINE.get();
  };
  const result = await run(ctx);
  assert.equal(result.offline, true);
  assert.equal(puts, 3);
  assert.equal((await summary(ctx, CAST.ana.id)).waiting + (await summary(ctx, CAST.ana.id)).saved, 10);
});

test("records go before photos, oldest first; small photos before large", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const one = await saved(ctx, { photos: [9000, 10] });
  const two = await saved(ctx, { photos: [500] });
  await run(ctx);
  const order = server.log.filter((line) => /PUT|uploads$/.test(line));
  assert.deepEqual(order.slice(0, 2), [`PUT /api/v1/visits/${one.id}`, `PUT /api/v1/visits/${two.id}`]);
  assert.deepEqual([...server.uploads.values()].map((upload) => upload.size), [10, 500, 9000]);
});

test("the events of one issue keep their order; those of another do not wait", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const issue = newId(ctx);
  const opened = await saved(ctx, { form: { issue_events: [{ id: newId(ctx), issue, type: "opened" }] } });
  const later = await saved(ctx, { type: "issue_event", form: { issue, type: "progress" } });
  const apart = await saved(ctx, { type: "issue_event", form: { issue: newId(ctx), type: "progress" } });
  server.next({ on: new RegExp(opened.id), status: 503 });
  await run(ctx);
  assert.equal(server.count(new RegExp(later.id)), 0, "its issue is not there yet");
  assert.equal((await record(ctx, apart.id)).state, "sent");
  ctx.clock.pass(MINUTE);
  await run(ctx);
  const order = server.log.filter((line) => /PUT/.test(line)).map((line) => line.split("/").at(-1));
  assert.deepEqual(order.slice(-2), [opened.id, later.id]);
});

test("an event that is refused for good does not hold its issue up for ever", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const issue = newId(ctx);
  const refused = await saved(ctx, { type: "issue_event", form: { issue, type: "progress" } });
  const next = await saved(ctx, { type: "issue_event", form: { issue, type: "solved" } });
  server.next({ on: new RegExp(refused.id), status: 500, always: true });
  for (let n = 0; n < 4; n += 1) {
    await run(ctx);
    ctx.clock.pass(HOUR);
  }
  assert.equal((await record(ctx, next.id)).state, "sent", "the server sorts them: 202 held");
});

test("a visit saved while photos are going up goes before the next photo", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  await saved(ctx, { photos: [10, 20] });
  let late = null;
  const real = ctx.send;
  ctx.send = { ...real, post: async (url, ...rest) => {
    if (url.endsWith("/uploads") && !late) late = await saved(ctx);
    return real.post(url, ...rest);
  } };
  await run(ctx);
  const order = server.log.filter((line) => /PUT|uploads$/.test(line));
  assert.deepEqual(order.slice(1), ["POST /api/v1/uploads", `PUT /api/v1/visits/${late.id}`, "POST /api/v1/uploads"]);
});

test("photos unknown: every photo goes up by its id, and the record is asked about until it is placed", async () => {
  const server = new FakeServer();
  server.photosUnknown = true;
  const ctx = await phone({ server });
  const visit = await saved(ctx, { photos: [100, 200] });
  await run(ctx);
  const kept = await record(ctx, visit.id);
  assert.equal(kept.state, "sealed");
  assert.deepEqual([...server.photos.values()].map((photo) => photo.state), ["stored", "stored"]);
  assert.equal((await ctx.store.list("bytes")).length, 2, "bytes stay until the record is placed");
  server.photosUnknown = false;
  assert.ok(await runUntilEmpty(ctx));
  assert.equal((await record(ctx, visit.id)).state, "sent");
});

test("each phone call stays small: a visit without photos costs one PUT beside the ten-minute contact", async () => {
  const { server, ctx } = await oneVisit();
  await run(ctx);
  await saved(ctx);
  await run(ctx);
  assert.equal(server.log.length, 3);
  ctx.clock.pass(DAY);
  await run(ctx);
  assert.equal(server.count(/devices/), 2);
});
