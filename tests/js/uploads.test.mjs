// Photos: every line of the uploads' table (docs/sync-protocol.md 7), and going on where it stopped.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dropPhoto } from "../../fieldapp/static/js/outbox/receipts.js";
import { run, wake } from "../../fieldapp/static/js/outbox/sender.js";
import { outbox } from "../../fieldapp/static/js/outbox/state.js";
import { CAST, DAY, phone, photosOf, picture, record, runUntilEmpty, saved } from "./phone.mjs";
import { FakeServer, sha } from "./fake_server.mjs";

const KB = 1024;
const POST = /POST .*uploads$/;
const PATCH = /PATCH/;
const HEAD = /HEAD/;

async function withPhoto(size) {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx, { photos: [size] });
  const [photo] = await photosOf(ctx, visit.id);
  return { server, ctx, visit, photo };
}

async function arrived({ server, ctx, visit, photo }) {
  assert.equal((await record(ctx, visit.id)).state, "sent");
  assert.equal((await ctx.store.get("photos", photo.id)).state, "stored");
  assert.equal(sha(server.photos.get(photo.id).bytes), photo.sha256);
}

const placeOf = async (ctx, id) => (await outbox(ctx, CAST.ana.id)).find((row) => row.record.id === id).place;

test("a small photo goes up in one request, and its receipt saves the second PUT", async () => {
  const all = await withPhoto(100 * KB);
  await run(all.ctx);
  await arrived(all);
  assert.deepEqual(all.server.log.slice(1), [`PUT /api/v1/visits/${all.visit.id}`, "POST /api/v1/uploads"]);
});

test("the metadata are the record, the photo and its hash, in base64", async () => {
  const all = await withPhoto(100);
  let seen = null;
  const real = all.ctx.send;
  all.ctx.send = { ...real, post: (url, body, options) => {
    if (url.endsWith("uploads")) seen = options.headers;
    return real.post(url, body, options);
  } };
  await run(all.ctx);
  assert.equal(seen["Tus-Resumable"], "1.0.0");
  assert.equal(seen["Upload-Length"], "100");
  assert.equal(seen["Upload-Checksum"], undefined, "a whole photo carries no checksum: whatever arrives is kept");
  assert.equal(seen["Upload-Metadata"], `record ${btoa(all.visit.id)},photo ${btoa(all.photo.id)},sha256 ${btoa(all.photo.sha256)}`);
});

test("cut in the middle: the next run asks where it stands and sends the rest", async () => {
  const all = await withPhoto(300 * KB);
  all.server.next({ on: POST, cut: 100_000 });
  await run(all.ctx);
  assert.equal((await all.ctx.store.get("photos", all.photo.id)).piece, 64 * KB);
  assert.ok(await runUntilEmpty(all.ctx));
  await arrived(all);
  assert.equal(all.server.uploadsMade, 1, "the same upload, found again by a second POST");
});

/** What the phone puts on the wire for its photos: sizes in KB, and whether a checksum goes with each. */
function watched({ ctx }) {
  const pieces = [];
  const real = ctx.send;
  const watch = (method) => (url, body, options) => {
    if (url.includes("uploads")) pieces.push([body.byteLength / KB, Boolean(options.headers["Upload-Checksum"])]);
    return real[method](url, body, options);
  };
  ctx.send = { ...real, post: watch("post"), patch: watch("patch") };
  return pieces;
}

test("after a failure it is asked what is there and who writes; then 64 KB, and twice as much each time", async () => {
  const all = await withPhoto(900 * KB);
  const pieces = watched(all);
  all.server.next({ on: POST, drop: "before" });
  assert.ok(await runUntilEmpty(all.ctx));
  assert.deepEqual(pieces.map(([size]) => size), [128, 0, 0, 64, 128, 256, 452]);
  assert.ok(pieces.every(([, checked]) => !checked), "a checked piece that is cut would be lost");
  await arrived(all);
});

test("whatever arrived before a cut is never sent again", async () => {
  const all = await withPhoto(900 * KB);
  const pieces = watched(all);
  all.server.next({ on: POST, cut: 100 * KB });
  await run(all.ctx);
  all.server.next({ on: /PATCH/ }, { on: /PATCH/, cut: 32 * KB }); // the empty one passes
  assert.ok(await runUntilEmpty(all.ctx));
  assert.deepEqual(pieces.map(([size]) => size), [128, 0, 0, 64, 0, 64, 128, 256, 320]);
  await arrived(all);
});

test("once a hash was wrong, pieces carry checksums", async () => {
  const all = await withPhoto(900 * KB);
  const pieces = watched(all);
  all.server.next({ on: POST, corrupt: true });
  assert.ok(await runUntilEmpty(all.ctx));
  assert.deepEqual(pieces, [[128, false], [772, false], [256, true], [256, true], [256, true], [132, true]]);
  await arrived(all);
});

test("an earlier request that is still listened to costs time, and no bytes", async () => {
  const all = await withPhoto(300 * KB);
  all.server.next({ on: POST, cut: 100 * KB });
  await run(all.ctx);
  const pieces = watched(all);
  all.server.next(...Array.from({ length: 6 }, () => ({ on: PATCH, status: 423, headers: { "retry-after": "5" } })));
  const { tries } = await all.ctx.store.get("photos", all.photo.id);
  all.ctx.clock.pass(60_000);
  for (let n = 0; n < 6; n += 1) {
    await run(all.ctx);
    assert.equal((await all.ctx.store.get("photos", all.photo.id)).tries, tries, "no failure");
    all.ctx.clock.pass(5_000);
  }
  assert.equal(pieces.reduce((sum, [size]) => sum + size, 0), 0);
  assert.ok(await runUntilEmpty(all.ctx));
  await arrived(all);
});

/** A phone with two photos on a network of so many KB a second, and what it asks of uploads: sizes and timeouts. */
async function atPace(kbPerSecond) {
  const ctx = await phone({ server: new FakeServer() });
  await saved(ctx, { photos: [300 * KB, 600 * KB] });
  const asked = [];
  const real = ctx.send;
  const paced = (method) => (url, body, options) => {
    if (url.includes("uploads")) {
      asked.push([body.byteLength / KB, options.timeout / 1000]);
      ctx.clock.pass((body.byteLength / KB / kbPerSecond) * 1000);
    }
    return real[method](url, body, options);
  };
  ctx.send = { ...real, post: paced("post"), patch: paced("patch") };
  await run(ctx);
  return asked;
}

test("on a quick network the first piece tells, and then whole photos go; silence is given up soon", async () => {
  const asked = await atPace(512);
  assert.deepEqual(asked.map(([size]) => size), [128, 172, 600]);
  assert.deepEqual(asked.map(([, timeout]) => Math.round(timeout)), [86, 23, 29]);
});

test("on a slow network no piece is larger than what the system takes at once", async () => {
  const asked = await atPace(10);
  assert.deepEqual(asked.map(([size]) => size), [128, 128, 44, 128, 128, 128, 128, 88]);
  assert.ok(asked.every(([size, timeout]) => timeout > (2 * size) / 10), "and twice as slow is no failure");
});

test("the answer to the last piece is lost: asked again, nothing is sent twice", async () => {
  const all = await withPhoto(50 * KB);
  all.server.next({ on: POST, drop: "after" });
  assert.ok(await runUntilEmpty(all.ctx));
  await arrived(all);
  assert.equal(all.server.uploadsMade, 1);
});

test("the receipt did not come with the last answer: a PUT asks for it", async () => {
  const all = await withPhoto(50 * KB);
  all.server.next({ on: POST, then: (answer) => delete answer.headers["fieldapp-receipt"] });
  await run(all.ctx);
  await arrived(all);
  assert.equal(all.server.count(/PUT/), 2);
});

test("POST again for the same photo: same place, current offset", async () => {
  const all = await withPhoto(200 * KB);
  all.server.next({ on: POST, cut: 64 * KB });
  await run(all.ctx);
  await wake(all.ctx, "manual");
  await run(all.ctx);
  await arrived(all);
  assert.equal(all.server.uploadsMade, 1);
});

test("409 photo-differs: kept, and shown to the officer, who may give it up", async () => {
  const all = await withPhoto(2000);
  const { server, ctx, visit, photo } = all;
  server.next({ on: POST, status: 409, json: { code: "photo-differs" }, always: true });
  await run(ctx);
  assert.equal(await placeOf(ctx, visit.id), "needs_you");
  assert.equal((await ctx.store.get("photos", photo.id)).has_bytes, true);
  await dropPhoto(ctx, photo.id);
  assert.ok(await runUntilEmpty(ctx));
  assert.equal(server.photos.get(photo.id).state, "withdrawn");
  assert.equal(await placeOf(ctx, visit.id), "sent");
});

test("a photo that differs does not hold up the other photos of its visit", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx, { photos: [100, 200] });
  server.next({ on: POST, status: 409, json: { code: "photo-differs" } });
  await run(ctx);
  const states = (await photosOf(ctx, visit.id)).map((photo) => photo.state).sort();
  assert.deepEqual(states, ["stored", "wanted"]);
});

for (const status of [404, 410]) {
  test(`HEAD ${status}: the upload is gone, a new one is begun`, async () => {
    const all = await withPhoto(100 * KB);
    await all.ctx.store.put("photos", { ...all.photo, upload_url: "/api/v1/uploads/long-gone", offset: 5 });
    all.server.next({ on: HEAD, status });
    await run(all.ctx);
    await arrived(all);
    assert.deepEqual(all.server.log.slice(2), ["HEAD /api/v1/uploads/long-gone", "POST /api/v1/uploads"]);
  });

  test(`PATCH ${status}: the same`, async () => {
    const all = await withPhoto(200 * KB);
    await all.ctx.store.put("photos", { ...all.photo, piece: 64 * KB });
    all.server.next({ on: PATCH, status });
    await run(all.ctx);
    await arrived(all);
    assert.equal(all.server.count(POST), 2);
  });
}

test("PATCH 409: asks by HEAD and goes on from there", async () => {
  const all = await withPhoto(200 * KB);
  await all.ctx.store.put("photos", { ...all.photo, piece: 64 * KB });
  all.server.next({ on: PATCH, status: 409, json: { code: "offset" } });
  await run(all.ctx);
  await arrived(all);
  assert.equal(all.server.count(HEAD), 1);
});

test("PATCH 409 again and again: backs off instead of spinning", async () => {
  const all = await withPhoto(200 * KB);
  await all.ctx.store.put("photos", { ...all.photo, piece: 64 * KB });
  all.server.next({ on: PATCH, status: 409, always: true });
  await run(all.ctx);
  assert.equal(all.server.count(PATCH), 4);
  assert.ok((await all.ctx.store.get("photos", all.photo.id)).next_at > all.ctx.clock.now());
});

test("423: another writer is at it; waits, then asks where it stands", async () => {
  const all = await withPhoto(200 * KB);
  await all.ctx.store.put("photos", { ...all.photo, piece: 64 * KB });
  all.server.next({ on: PATCH, status: 423, headers: { "retry-after": "5" } });
  await run(all.ctx);
  assert.equal((await all.ctx.store.get("photos", all.photo.id)).next_at, all.ctx.clock.now() + 5_000);
  all.ctx.clock.pass(5_000);
  await run(all.ctx);
  await arrived(all);
  assert.equal(all.server.count(HEAD), 1);
});

test("460 with our own bytes right: again, from where the server stands", async () => {
  const whole = await withPhoto(200 * KB);
  whole.server.next({ on: POST, corrupt: true });
  await run(whole.ctx);
  await arrived(whole);
  const piece = await withPhoto(200 * KB);
  await piece.ctx.store.put("photos", { ...piece.photo, piece: 64 * KB });
  piece.server.next({ on: PATCH, corrupt: true });
  await run(piece.ctx);
  await arrived(piece);
});

test("460 three times: backs off; the photo is not given up", async () => {
  const all = await withPhoto(20 * KB);
  all.server.next({ on: POST, corrupt: true }, { on: POST, corrupt: true }, { on: POST, corrupt: true });
  await run(all.ctx);
  const photo = await all.ctx.store.get("photos", all.photo.id);
  assert.equal(photo.state, "wanted");
  assert.ok(photo.next_at > all.ctx.clock.now());
  assert.equal(all.server.count(POST), 3);
  assert.ok(await runUntilEmpty(all.ctx));
  await arrived(all);
});

test("460 because the bytes here have changed: withdrawn, and the server is told", async () => {
  const all = await withPhoto(20 * KB);
  const { server, ctx, visit, photo } = all;
  await ctx.store.put("bytes", { id: photo.id, buf: picture(20 * KB, 1) });
  assert.ok(await runUntilEmpty(ctx));
  const told = [...server.raws.values()].flatMap((raws) => [...raws.values()]).map((raw) => raw.envelope).find((one) => one.type === "supplement");
  assert.deepEqual(told.body, { visit: visit.id, type: "photo_withdrawn", photo: photo.id, reason: "changed" });
  assert.equal(told.seq, 2);
  assert.equal((await record(ctx, visit.id)).state, "sent");
  assert.equal((await ctx.store.get("photos", photo.id)).state, "withdrawn");
  assert.equal(server.count(/PUT .*events/), 1, "told once");
});

test("bytes that are no longer here are withdrawn as lost", async () => {
  const { server, ctx, visit, photo } = await withPhoto(20 * KB);
  await ctx.store.tx(["bytes"], (tx) => tx.remove("bytes", photo.id));
  assert.ok(await runUntilEmpty(ctx));
  const told = [...server.raws.values()].flatMap((raws) => [...raws.values()]).map((raw) => raw.envelope.body).find((body) => body.type === "photo_withdrawn");
  assert.equal(told.reason, "lost");
  assert.equal((await record(ctx, visit.id)).state, "sent");
});

test("404 record-unknown: the record is put again first", async () => {
  const all = await withPhoto(20 * KB);
  all.server.next({ on: POST, status: 404, json: { code: "record-unknown" } });
  await run(all.ctx);
  await arrived(all);
  assert.equal(all.server.count(/PUT/), 2);
});

test("a server that forgets the record each time is not asked in a circle", async () => {
  const all = await withPhoto(20 * KB);
  all.server.next({ on: POST, status: 404, json: { code: "record-unknown" }, always: true });
  await run(all.ctx);
  assert.ok(all.server.count(/PUT/) <= 3);
  assert.equal((await record(all.ctx, all.visit.id)).state, "sealed");
});

test("404 for a POST without that word (another user's): kept, shown after a day", async () => {
  const { server, ctx, visit } = await withPhoto(20 * KB);
  server.next({ on: POST, status: 404, json: { code: "not-found" }, always: true });
  await run(ctx);
  assert.equal(await placeOf(ctx, visit.id), "waiting");
  ctx.clock.pass(DAY);
  assert.equal(await placeOf(ctx, visit.id), "needs_you");
});

test("413 of ours: refused; the visit is done, the bytes stay until the officer decides", async () => {
  const { server, ctx, visit, photo } = await withPhoto(20 * KB);
  server.next({ on: POST, status: 413, json: { code: "photo-too-large" } });
  await run(ctx);
  assert.equal((await ctx.store.get("photos", photo.id)).state, "refused");
  server.photos.get(photo.id).state = "refused";
  assert.ok(await runUntilEmpty(ctx));
  assert.equal((await record(ctx, visit.id)).state, "sent");
  assert.equal(await placeOf(ctx, visit.id), "needs_you", "sent, and a photo waits for a decision");
  assert.equal((await ctx.store.get("bytes", photo.id)).buf.byteLength, 20 * KB);
  await dropPhoto(ctx, photo.id);
  assert.ok(await runUntilEmpty(ctx));
  assert.equal(await placeOf(ctx, visit.id), "sent");
  assert.equal(server.photos.get(photo.id).state, "withdrawn");
  assert.equal(await ctx.store.get("bytes", photo.id), undefined);
});

test("413 of a proxy: the piece is halved until it passes, and stays below", async () => {
  const all = await withPhoto(900 * KB);
  const limit = 200 * KB;
  const real = all.ctx.send;
  const sizes = [];
  const through = (method) => async (url, body, options) => {
    if (url.includes("uploads") && body.byteLength > limit) return { status: 413, headers: {}, json: null, networkError: false };
    if (url.includes("uploads")) sizes.push(body.byteLength);
    return real[method](url, body, options);
  };
  all.ctx.send = { ...real, post: through("post"), patch: through("patch") };
  await run(all.ctx);
  await arrived(all);
  assert.ok(sizes.every((size) => size <= limit));
  assert.ok(sizes[0] > limit / 2, "halved, not thrown to the smallest");
});

test("413 of a proxy even at 64 KB: kept and shown", async () => {
  const { server, ctx, visit, photo } = await withPhoto(900 * KB);
  server.next({ on: POST, status: 413, always: true });
  await run(ctx);
  const stuck = await ctx.store.get("photos", photo.id);
  assert.deepEqual([stuck.state, stuck.problem.code, stuck.piece], ["wanted", "proxy-limit", 64 * KB]);
  assert.equal(await placeOf(ctx, visit.id), "needs_you");
  server.faults = [];
  await wake(ctx, "manual");
  await run(ctx);
  assert.equal(await placeOf(ctx, visit.id), "sent", "at another network it goes");
});

const PAGES = [["a redirect or no answer", { drop: "before" }], ["200 with HTML", { status: 200 }], ["204 without an offset", { status: 204 }], ["500", { status: 500 }], ["503 with Retry-After", { status: 503, headers: { "retry-after": "30" } }], ["415", { status: 415 }]];
for (const [what, fault] of PAGES) {
  for (const on of [POST, PATCH, HEAD]) {
    test(`${what} to ${on.source}: kept, and later it arrives`, async () => {
      const all = await withPhoto(200 * KB);
      await all.ctx.store.put("photos", { ...all.photo, piece: 64 * KB });
      if (on === HEAD) all.server.next({ on: PATCH, drop: "before" });
      all.server.next({ on, ...fault });
      await run(all.ctx);
      if (on !== HEAD) assert.equal((await all.ctx.store.get("photos", all.photo.id)).state, "wanted");
      assert.ok(await runUntilEmpty(all.ctx));
      await arrived(all);
    });
  }
}

test("401 in the middle of a photo: stopped, kept, gone on with after signing in", async () => {
  const all = await withPhoto(200 * KB);
  await all.ctx.store.put("photos", { ...all.photo, piece: 64 * KB });
  all.server.next({ on: PATCH, status: 401, json: { code: "signed-out" } });
  const result = await run(all.ctx);
  assert.equal(result.signIn, true);
  assert.equal((await all.ctx.store.get("photos", all.photo.id)).tries, 0);
  await run(all.ctx);
  await arrived(all);
});

test("a Location of another host is only read for its path", async () => {
  const all = await withPhoto(200 * KB);
  await all.ctx.store.put("photos", { ...all.photo, piece: 64 * KB });
  all.server.next({ on: POST, then: (answer) => (answer.headers.location = `http://inside.example${answer.headers.location}`) });
  await run(all.ctx);
  await arrived(all);
});

test("a photo larger than the server takes is refused in the first receipt and no upload is tried", async () => {
  const { server, ctx, visit, photo } = await withPhoto(100);
  const real = ctx.send;
  ctx.send = { ...real, put: async (...args) => {
    server.photos.set(photo.id, { record: visit.id, owner: CAST.ana.id, sha256: photo.sha256, size: 100, state: "refused" });
    return real.put(...args);
  } };
  await run(ctx);
  assert.equal(server.count(POST), 0);
  assert.equal((await record(ctx, visit.id)).state, "sent");
  assert.equal(await placeOf(ctx, visit.id), "needs_you");
});

test("unreadable is a settled state: the record goes, the server keeps the bytes", async () => {
  const { server, ctx, visit, photo } = await withPhoto(100);
  server.next({ on: POST, then: (answer) => {
    server.photos.get(photo.id).state = "unreadable";
    const hash = [...server.raws.get(visit.id).keys()][0];
    answer.headers["fieldapp-receipt"] = btoa(JSON.stringify(server.receipt(visit.id, hash)));
  } });
  await run(ctx);
  assert.equal((await record(ctx, visit.id)).state, "sent");
  assert.equal((await ctx.store.get("photos", photo.id)).state, "unreadable");
});
