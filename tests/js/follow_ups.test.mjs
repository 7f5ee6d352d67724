// 待跟进 where there is no network: done and put off are records, and the page shows them before the office knows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { daysAhead, putOff, standing, takeBack, tickOff } from "../../fieldapp/static/js/outbox/follow_ups.js";
import { outbox } from "../../fieldapp/static/js/outbox/state.js";
import { CAST, HOUR, phone, record, runUntilEmpty, saved } from "./phone.mjs";
import { FakeServer } from "./fake_server.mjs";

const [WATER, ROAD] = ["01939f10-0000-7000-8000-0000000000d7", "01939f10-0000-7000-8000-0000000000d8"];
const VISIT = "01939f10-0000-7000-8000-000000000001";
const promised = (followUp, visit) => ({ owner: CAST.ana.id, followUp, visit, title: "look at the water" });
const seen = async (ctx, since = 0) => standing(await outbox(ctx, CAST.ana.id), since);

test("put off twice and done: each is kept, goes up in its order, and the last word stands", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  await putOff(ctx, promised(WATER, VISIT), "2026-11-24");
  const second = await putOff(ctx, promised(WATER, VISIT), "2026-11-23");
  const done = await tickOff(ctx, promised(ROAD));
  assert.deepEqual(second.form, { follow_up: WATER, visit: VISIT, type: "put_off", on: "2026-11-23" });
  assert.deepEqual([second.type, second.state, second.seq], ["follow_up", "saved", 2]);
  const now = await seen(ctx);
  assert.deepEqual([now.get(WATER).on, now.get(WATER).done, now.get(ROAD).done], ["2026-11-23", false, true]);
  await runUntilEmpty(ctx);
  assert.equal((await record(ctx, done.id)).state, "sent");
  const { sealed } = await record(ctx, second.id);
  const said = JSON.parse(new TextDecoder().decode(sealed));
  assert.deepEqual([said.type, said.body, said.photos], ["follow_up", second.form, []]);
});

test("a page that the office made afterwards says it itself; an older one is told by the phone", async () => {
  const ctx = await phone({ server: new FakeServer() });
  const before = ctx.clock.now();
  await tickOff(ctx, promised(WATER));
  await runUntilEmpty(ctx);
  assert.equal((await seen(ctx, before - HOUR)).get(WATER).done, true);
  assert.equal((await seen(ctx, ctx.clock.now() + HOUR)).get(WATER), undefined);
});

test("what was logged against it stands beside, and what was taken back is as if never said", async () => {
  const ctx = await phone();
  await saved(ctx, { form: { follow_up: ROAD } });
  const { id } = await tickOff(ctx, promised(WATER));
  await takeBack(ctx, id);
  const now = await seen(ctx);
  assert.equal(now.get(WATER), undefined);
  assert.deepEqual(now.get(ROAD), { logged: true, done: false, on: "" });
});

test("the next three days are offered, and Monday", () => {
  assert.deepEqual(daysAhead(new Date(2026, 10, 24, 23, 59)), ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"]);
  assert.deepEqual(daysAhead(new Date(2026, 10, 29, 0, 1)), ["2026-11-30", "2026-12-01", "2026-12-02"]);
  assert.deepEqual(daysAhead(new Date(2026, 10, 23)), ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-30"]);
});
