// A call is written down before the dialler opens, and how it went is said in the words of the entry.
import assert from "node:assert/strict";
import { test } from "node:test";

import { afterCall, outcomeOf } from "../../fieldapp/static/js/behaviours/capture/outcome.js";
import { callDraft, CALL } from "../../fieldapp/static/js/outbox/calls.js";
import { beginDraft, editRecord, saveForm } from "../../fieldapp/static/js/outbox/drafts.js";
import { forgetCall, isFresh, noteCall, notedCall } from "../../fieldapp/static/js/outbox/noted_call.js";
import { CAST, FakeMemory, HOUR, MORNING, newId, phone, record } from "./phone.mjs";

const WORDS = { missed: "未接", later: "稍后再打", again: "再打电话给王经理" };
const TODAY = "2026-11-20";
const PROJECT = { id: "p1", name: "云帆新材料", phase: "一期" };
const titleOf = ({ name, phase }) => `${name}（${phase}）`;

class Memory extends FakeMemory {
  removeItem(key) {
    this.map.delete(key);
  }
}

const callOf = (ctx, more = {}) => ({ id: newId(ctx), owner: CAST.ana.id, at: ctx.clock.now(), project: "p1", contact: "c1", name: "王经理", follow_up: "", ...more });

async function known() {
  const ctx = await phone();
  await ctx.store.put("ref", { key: `${CAST.ana.id}:projects`, value: [PROJECT] });
  await ctx.store.put("ref", { key: `${CAST.ana.id}:contacts`, value: [{ id: "c1", name: "王经理", title: "项目经理" }] });
  return ctx;
}

test("a call is remembered until one is back from it, and a memory that is none is no call", () => {
  const memory = new Memory();
  assert.equal(notedCall(memory), null);
  noteCall(memory, { id: "x", at: MORNING });
  assert.equal(notedCall(memory)?.id, "x");
  assert.equal(isFresh({ at: MORNING }, MORNING + HOUR), true);
  assert.equal(isFresh({ at: MORNING }, MORNING + 13 * HOUR), false);
  forgetCall(memory);
  assert.equal(notedCall(memory), null);
  for (const odd of ["{", "3", '{"id":1}']) {
    memory.setItem("fieldapp-call", odd);
    assert.equal(notedCall(memory), null, odd);
  }
});

test("the draft of a call knows project, person and time, and is open to the next page", async () => {
  const ctx = await known();
  const call = callOf(ctx, { follow_up: "f1" });
  await callDraft(ctx, call, titleOf);
  const draft = await record(ctx, call.id);
  assert.deepEqual(draft.form, {
    kind: CALL, project: "p1", met: [{ name: "王经理", title: "项目经理", contact: "c1" }], issue_events: [], follow_up: "f1",
  });
  assert.equal(draft.title, "云帆新材料（一期）");
  assert.deepEqual(draft.occurred, { said: "now", at: null });
  assert.equal(draft.lease, null);
  const other = await phone({ like: ctx });
  assert.equal((await editRecord(other, call.id)).record.id, call.id);
});

test("what has been written about the call stays when the call is looked for again", async () => {
  const ctx = await known();
  const call = callOf(ctx);
  await callDraft(ctx, call, titleOf);
  await saveForm(ctx, call.id, { kind: CALL, content: "下周三验收" });
  await callDraft(ctx, call, titleOf);
  assert.equal((await record(ctx, call.id)).form.content, "下周三验收");
});

test("a call whose page was thrown away before its draft was written keeps its own time", async () => {
  const ctx = await known();
  const call = callOf(ctx);
  ctx.clock.pass(HOUR);
  await callDraft(ctx, call, titleOf);
  const { occurred } = await record(ctx, call.id);
  assert.equal(occurred.said, "time");
  assert.equal(Date.parse(occurred.at), MORNING);
});

test("without reference data a call is still one of that person", async () => {
  const ctx = await phone();
  const call = callOf(ctx);
  await callDraft(ctx, call, titleOf);
  const { form, title } = await record(ctx, call.id);
  assert.deepEqual(form.met, [{ name: "王经理", title: "", contact: "c1" }]);
  assert.equal(title, "");
});

test("a call in the middle of a visit leaves the visit's draft as it was", async () => {
  const ctx = await known();
  const visit = await beginDraft(ctx, { form: { kind: "site_inspection", content: "基坑" } });
  const before = structuredClone(await record(ctx, visit.id));
  await callDraft(ctx, callOf(ctx), titleOf);
  assert.deepEqual(await record(ctx, visit.id), before);
  assert.equal(await ctx.store.count("records", "state", "draft"), 2);
});

test("nobody answered is an entry; calling again is a next step of today", () => {
  assert.deepEqual(afterCall({}, "missed", WORDS, TODAY), { content: "未接", next_step: null });
  assert.deepEqual(afterCall({}, "later", WORDS, TODAY), {
    content: "稍后再打", next_step: { text: "再打电话给王经理", on: TODAY, by: null, by_name: "" },
  });
  assert.deepEqual(afterCall({}, "answered", WORDS, TODAY), { content: "", next_step: null });
});

test("another tap takes back what the first had put there, and nothing that was typed", () => {
  const later = afterCall({}, "later", WORDS, TODAY);
  assert.equal(outcomeOf(later, WORDS), "later");
  assert.deepEqual(afterCall(later, "missed", WORDS, TODAY), { content: "未接", next_step: null });
  assert.deepEqual(afterCall(later, "answered", WORDS, TODAY), { content: "", next_step: null });
  const own = { content: "下周三验收", next_step: { text: "去现场", on: "2026-11-25" } };
  for (const outcome of ["answered", "missed", "later"]) assert.deepEqual(afterCall(own, outcome, WORDS, TODAY), own, outcome);
  assert.equal(outcomeOf(own, WORDS), "answered");
  assert.equal(outcomeOf({}, WORDS), "");
});
