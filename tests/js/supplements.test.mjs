// Something was wrong with a visit that has left the phone. Ana says so without a network.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, pointOf, valuesOf } from "../../fieldapp/static/js/behaviours/supplement_form.js";
import { folded, saidLater, sayLater } from "../../fieldapp/static/js/outbox/supplements.js";
import { outbox } from "../../fieldapp/static/js/outbox/state.js";
import { CAST, newId, phone, picture, record, runUntilEmpty, saved } from "./phone.mjs";
import { FakeServer } from "./fake_server.mjs";

const VISIT = "01939f10-0000-7000-8000-000000000001";
const FORM = {
  kind: "site_inspection", content: "six", progress_percent: 60, met: [{ name: "Zhou", contact: "c1" }, { name: "Chen" }],
  next_step: { text: "look again", by_name: "Bo" },
};

test("what is said later is saved like a visit, goes up in its order, and twice under one id is once", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx);
  await runUntilEmpty(ctx);
  const id = newId(ctx);
  const said = { owner: CAST.ana.id, form: { visit: visit.id, type: "addition", text: "the gate is open" }, title: "East works" };
  const first = await sayLater(ctx, { ...said, id });
  const again = await sayLater(ctx, { ...said, id });
  assert.deepEqual([first.id, first.state, first.seq], [id, "saved", 2]);
  assert.equal(again.seq, 2, "no second number in the row");
  const later = await sayLater(ctx, { ...said, form: { visit: visit.id, type: "withdrawal", reason: "twice" } });
  assert.equal((await outbox(ctx, CAST.ana.id)).find((row) => row.record.id === id).place, "saved");
  assert.deepEqual((await saidLater(ctx, CAST.ana.id, visit.id)).map((one) => one.id), [id, later.id]);
  await runUntilEmpty(ctx);
  assert.equal((await record(ctx, id)).state, "sent");
  assert.equal((await record(ctx, later.id)).state, "sent");
});

test("other words under an id that is kept already are kept too", async () => {
  const ctx = await phone();
  const [id, owner] = [newId(ctx), CAST.ana.id];
  const say = (text) => sayLater(ctx, { id, owner, form: { visit: VISIT, type: "addition", text } });
  await say("the gate is open");
  const second = await say("the gate is open, and so is the fence");
  assert.notEqual(second.id, id);
  const texts = (await saidLater(ctx, owner, VISIT)).map(({ form }) => form.text);
  assert.deepEqual(texts, ["the gate is open", "the gate is open, and so is the fence"]);
});

test("nothing is called saved that does not come back", async () => {
  const ctx = await phone();
  const real = ctx.store.tx;
  ctx.store.tx = (stores, work) => real(stores, (tx) => work({ ...tx, put: async () => {} }));
  await assert.rejects(sayLater(ctx, { owner: CAST.ana.id, form: { visit: VISIT, type: "addition", text: "x" } }), { name: "StoreProblem" });
});

test("only what differs is said, in the shape that the server's own form gives it", () => {
  const before = valuesOf(FORM, "2026-11-20T12:00:00.000+08:00");
  assert.equal(before.occurred_at, "2026-11-20T12:00");
  const now = {
    ...before, content: " seven\r\nand a half ", progress_percent: "70", met_title: "manager", next_on: "2026-12-01",
    occurred_at: "2026-11-20T10:30", sensitive: "1",
  };
  assert.deepEqual(bodyOf("correction", VISIT, now, { before, met: FORM.met, nextBy: "Bo" }), {
    visit: VISIT,
    type: "correction",
    fields: {
      content: "seven\nand a half", progress_percent: 70, occurred_at: "2026-11-20T10:30:00+08:00",
      met: [{ name: "Zhou", contact: "c1", title: "manager" }, { name: "Chen" }],
      next_step: { text: "look again", on: "2026-12-01", by_name: "Bo" }, sensitive: true,
    },
  });
  assert.equal(bodyOf("correction", VISIT, before, { before }), null);
  const someoneElse = bodyOf("correction", VISIT, { ...before, met_name: "Wang" }, { before, met: FORM.met });
  assert.deepEqual(someoneElse.fields.met[0], { name: "Wang", title: "" }, "another name is another person");
  const cleared = bodyOf("correction", VISIT, { ...before, progress_percent: "", next_text: "" }, { before });
  assert.deepEqual(cleared.fields, { progress_percent: null, next_step: null });
});

test("stage, outsiders, programmes and the place are said as the server's form says them", () => {
  const outside = [{ unit: "power", name: "Li" }];
  const form = { ...FORM, outside, programmes: ["p2", "p1"], position: { lat: 37.1, lng: 119.9, source: "gps" } };
  const before = valuesOf(form, "2026-11-20T12:00:00+08:00");
  assert.deepEqual([before.outside, before.programmes, before.point], ["power Li", "p1 p2", "37.100000, 119.900000"]);
  const now = { ...before, stage: "S06", outside: "power Li\n\n water ", programmes: "p1 p3", point: "37.2，119.95" };
  assert.deepEqual(bodyOf("correction", VISIT, now, { before, outside }).fields, {
    stage: "S06", outside: [{ unit: "power", name: "Li" }, { unit: "water" }], programmes: ["p1", "p3"],
    position: { lat: 37.2, lng: 119.95, source: "manual" },
  });
  const cleared = bodyOf("correction", VISIT, { ...before, outside: "", programmes: "", point: "" }, { before, outside });
  assert.deepEqual(cleared.fields, { outside: [], programmes: [], position: null });
  assert.equal(pointOf("91, 3"), null);
});

test("photos of an addition are stored with it, go up with it, and twice under one id are once", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const id = newId(ctx);
  const photos = [1, 2].map((seed) => ({ bytes: picture(700, seed), type: "image/jpeg" }));
  const said = { id, owner: CAST.ana.id, form: { visit: VISIT, type: "addition", text: "" }, photos };
  const first = await sayLater(ctx, said);
  const again = await sayLater(ctx, said);
  assert.deepEqual([first.photo_ids.length, again.seq, first.form.photos], [2, first.seq, first.photo_ids]);
  assert.equal((await ctx.store.list("photos")).length, 2, "nothing of the second is left over");
  const other = await sayLater(ctx, { ...said, photos: photos.slice(1) });
  assert.notEqual(other.id, id);
  await runUntilEmpty(ctx);
  assert.deepEqual([(await record(ctx, id)).state, (await record(ctx, other.id)).state], ["sent", "sent"]);
  const { photos: manifest, body } = JSON.parse(new TextDecoder().decode((await record(ctx, id)).sealed));
  assert.deepEqual(manifest.map((one) => one.id), body.photos);
  await assert.rejects(sayLater(ctx, { ...said, id: newId(ctx), photos: Array(21).fill(photos[0]) }), { code: "too-many-photos" });
});

test("words, reasons, places and photos; and nothing said is nothing", () => {
  assert.equal(bodyOf("addition", VISIT, { text: "  " }), null);
  assert.equal(bodyOf("withdrawal", VISIT, {}), null);
  assert.equal(bodyOf("move", VISIT, {}), null);
  assert.equal(bodyOf("photo_withdrawn", VISIT, { reason: "x" }), null);
  const keep = { projects: ["p2", "p3"], enterprises: ["e1"] };
  assert.deepEqual(bodyOf("move", VISIT, { project: "p3" }, { keep }), { visit: VISIT, type: "move", project: "p3", projects: ["p2"], enterprises: ["e1"] });
  assert.deepEqual(bodyOf("move", VISIT, { enterprise: "e2" }, { keep }), { visit: VISIT, type: "move", enterprises: ["e2"] });
  assert.deepEqual(bodyOf("photo_withdrawn", VISIT, { photo: "f1", reason: "x" }), { visit: VISIT, type: "photo_withdrawn", photo: "f1", reason: "x" });
});

test("a second correction starts from the first one, sent or not", () => {
  const now = folded(FORM, [
    { type: "correction", fields: { content: "seven", occurred_at: "2026-11-19T09:00:00+08:00" } },
    { type: "move", project: "p9" },
    { type: "correction", fields: { content: "eight" } },
    { type: "addition", text: "x" },
  ]);
  assert.deepEqual([now.content, now.occurred_at, now.project, now.progress_percent], ["eight", "2026-11-19T09:00:00+08:00", "p9", 60]);
});
