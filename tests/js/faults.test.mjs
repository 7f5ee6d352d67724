// Bad days, each with a seed of its own: a network that loses, cuts and corrupts, a server that fails, forgets and is
// restored, pages that are killed, edits in between. The promise holds on all of them: what the phone called saved arrives
// once, as saved last, and nothing leaves the phone before.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as drafts from "../../fieldapp/static/js/outbox/drafts.js";
import { photoBytes } from "../../fieldapp/static/js/outbox/photos.js";
import { run, wake } from "../../fieldapp/static/js/outbox/sender.js";
import { summary } from "../../fieldapp/static/js/outbox/state.js";
import { CAST, HOUR, MINUTE, phone, photosOf, record, runUntilEmpty, saved, seeded } from "./phone.mjs";
import { FakeServer, sha } from "./fake_server.mjs";

// A dozen in `make test`; `BAD_DAYS=500 node --test tests/js/faults.test.mjs` for a long night.
const DAYS = Number(process.env.BAD_DAYS ?? 12);
const FAULTS = [
  () => ({ drop: "before" }),
  () => ({ drop: "after" }),
  () => ({ status: 500 }),
  () => ({ status: 502 }),
  () => ({ status: 200 }),
  () => ({ status: 404 }),
  () => ({ status: 423 }),
  () => ({ status: 429, headers: { "retry-after": "60" } }),
  () => ({ status: 401, json: { code: "signed-out" } }),
  () => ({ on: /PUT/, status: 422 }),
  () => ({ on: /uploads/, status: 413 }),
  () => ({ on: /uploads/, corrupt: true }),
  () => ({ on: /uploads/, status: 409 }),
  (float) => ({ on: /(POST|PATCH) .*uploads/, cut: Math.floor(float() * 90_000) }),
  () => ({ on: /uploads/, then: (answer) => delete answer.headers["fieldapp-receipt"] }),
];

for (let seed = 1; seed <= DAYS; seed += 1) {
  test(`bad day ${seed}: everything saved arrives once, as saved last`, () => badDay(seed));
}

async function badDay(seed) {
  const { float } = seeded(seed);
  const chance = (p) => float() < p;
  const server = new FakeServer();
  let ctx = await phone({ server, seed });
  /** id -> the text saved last */
  const promised = new Map();
  for (let step = 0; step < 40; step += 1) {
    for (let n = 0; n < 3; n += 1) if (chance(0.5)) server.next(FAULTS[Math.floor(float() * FAULTS.length)](float));
    if (chance(0.25)) {
      const photos = chance(0.6) ? [1 + Math.floor(float() * 200_000), 1 + Math.floor(float() * 3000)].slice(0, 1 + Math.floor(float() * 2)) : [];
      const visit = await saved(ctx, { content: `text ${step}`, photos });
      promised.set(visit.id, `text ${step}`);
    }
    if (chance(0.2)) await tryToEdit(ctx, promised, step, float);
    if (chance(0.1)) {
      ctx.alive.delete(ctx.tab);
      ctx = await phone({ server, seed: seed + step, like: ctx });
    }
    if (chance(0.04)) server.restore(...[...server.raws.keys()].filter(() => chance(0.5)));
    if (chance(0.1)) await wake(ctx, ["manual", "online", "open"][Math.floor(float() * 3)]);
    await run(ctx);
    await nothingLeftTooEarly(ctx, server, promised);
    ctx.clock.pass(Math.floor(float() * 20 * MINUTE));
  }
  server.faults = [];
  ctx.clock.pass(12 * HOUR);
  assert.ok(await runUntilEmpty(ctx, 200), "the queue empties once the weather is good");
  await everythingArrivedOnce(ctx, server, promised);
}

async function tryToEdit(ctx, promised, step, float) {
  const ids = [...promised.keys()];
  const id = ids[Math.floor(float() * ids.length)];
  if (!id) return;
  try {
    const { record: open } = await drafts.editRecord(ctx, id);
    await drafts.saveForm(ctx, id, { ...open.form, content: `edited ${step}` });
    await drafts.saveVisit(ctx, id);
    promised.set(id, `edited ${step}`);
  } catch (error) {
    assert.ok(["already-received", "being-sent"].includes(error.code), error.stack);
  }
}

async function nothingLeftTooEarly(ctx, server, promised) {
  for (const id of promised.keys()) {
    const here = await record(ctx, id);
    assert.ok(here, "a saved record is here until it is receipted and old");
    if (here.sealed) assert.equal(sha(here.sealed), here.sha256);
    for (const photo of await photosOf(ctx, id)) {
      assert.equal((await photoBytes(ctx, photo.id)).byteLength, photo.size);
    }
    for (const envelopes of [server.envelopes(id)]) {
      const revisions = envelopes.map((one) => one.rev);
      assert.equal(new Set(revisions).size, revisions.length, "a revision never has two versions");
    }
  }
}

async function everythingArrivedOnce(ctx, server, promised) {
  for (const [id, text] of promised) {
    const here = await record(ctx, id);
    assert.equal(here.state, "sent");
    const last = server.envelopes(id).sort((a, b) => a.rev - b.rev).at(-1);
    assert.equal(last.body.content, text);
    for (const claim of last.photos) {
      const there = server.photos.get(claim.id);
      assert.equal(there.state, "stored");
      assert.equal(sha(there.bytes), claim.sha256);
    }
  }
  const seqs = [...server.raws.values()].map((raws) => [...raws.values()].at(-1).envelope.seq);
  assert.equal(new Set(seqs).size, seqs.length, "no number twice");
  const counts = await summary(ctx, CAST.ana.id);
  assert.deepEqual([counts.saved, counts.waiting, counts.sending, counts.needs_you], [0, 0, 0, 0]);
}
