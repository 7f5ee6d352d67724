// A visit said once more beside a colleague's goes to theirs as an addition, whole or not at all.
import assert from "node:assert/strict";
import { test } from "node:test";

import { additionOf, LONGEST } from "../../fieldapp/static/js/behaviours/capture/addition.js";
import { beginDraft, saveVisit } from "../../fieldapp/static/js/outbox/drafts.js";
import { addPhoto } from "../../fieldapp/static/js/outbox/photo_list.js";
import { run } from "../../fieldapp/static/js/outbox/sender.js";
import { FakeServer } from "./fake_server.mjs";
import { CAST, newId, phone, picture, record, saved } from "./phone.mjs";

const LABELS = { content: "走访内容", progress: "建设进度", met: "受访人", next_step: "下一步打算", progress_percent: "形象进度" };
const given = { visit: "v1", me: "me", photos: ["p1"], labels: LABELS };

test("an addition says all that was filled in, each under its own name", () => {
  const form = {
    content: "看了基坑", progress: "二层", progress_percent: 40, participants: ["bo"], issue_events: [],
    met: [{ name: "王经理", title: "项目经理" }, { name: "李工", title: "" }],
    asked: [{ text: "用电够吗？", answer: "够" }, { text: "用水？", answer: " " }],
    next_step: { text: "复看", on: "2026-11-25" },
  };
  assert.deepEqual(additionOf(form, given).form, {
    visit: "v1", type: "addition", photos: ["p1"], participants: ["me", "bo"], next_step: { text: "复看", on: "2026-11-25" },
    text: "受访人：王经理 项目经理、李工\n走访内容：看了基坑\n建设进度：二层\n形象进度：40 %\n用电够吗？：够\n下一步打算：2026-11-25 复看",
  });
});

test("one's own next step stays a promise, and programmes that stand there by themselves keep nobody apart", () => {
  const step = { text: "复看", on: "2026-11-25", by: null, by_name: "" };
  const { form } = additionOf({ content: "看了", programmes: ["p1", "p9"], next_step: step }, { ...given, labels: { ...LABELS, programmes: "专项活动" }, programmes: { p1: "百日攻坚" } });
  assert.deepEqual(form.next_step, step);
  assert.equal(form.text, "走访内容：看了\n专项活动：百日攻坚、p9\n下一步打算：2026-11-25 复看");
  assert.equal("next_step" in additionOf({ content: "看了", next_step: { text: " ", on: null } }, given).form, false);
});

test("what an addition has no place for keeps the visits apart", () => {
  for (const more of [{ milestones: [{ node: "topping_out" }] }, { sensitive: true }, { follow_up: "f" }, { enterprises: ["e"] }, { content: "长".repeat(LONGEST) },
    { stage: "s3" }, { ended_at: "2026-11-22T12:00:00+08:00" }, { outside: [{ unit: "供电公司" }] }, { met: [{ name: "王", phone: "13800000000" }] }]) {
    assert.equal(additionOf({ ...more }, given), null, Object.keys(more)[0]);
  }
  assert.notEqual(additionOf({ milestones: [], sensitive: false, follow_up: null, enterprises: [] }, given), null);
});

test("a draft that is joined is one supplement with its photos, and its issues go right behind it", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = newId(ctx);
  const draft = await beginDraft(ctx, { form: { kind: "site_inspection", content: "看了" } });
  const photo = await addPhoto(ctx, draft.id, { bytes: picture(900), type: "image/jpeg" });
  const event = { id: newId(ctx), issue: newId(ctx), type: "opened", title: "围挡", photos: [photo.id] };
  const form = { visit, type: "addition", text: "走访内容：看了", photos: [photo.id], participants: [CAST.ana.id] };
  const done = await saveVisit(ctx, draft.id, { form, events: [event] });
  assert.deepEqual([done.record.type, done.record.seq, done.record.form], ["supplement", 1, form]);
  const behind = await record(ctx, event.id);
  assert.deepEqual([behind.type, behind.seq, behind.state, behind.form], ["issue_event", 2, "saved", event]);
  await run(ctx);
  const { sealed } = await record(ctx, draft.id);
  const said = JSON.parse(new TextDecoder().decode(sealed));
  assert.equal(said.type, "supplement");
  assert.deepEqual(said.body, form);
  assert.deepEqual(said.photos.map(({ id }) => id), [photo.id]);
});

test("only a draft is joined: what was saved as a visit stays one", async () => {
  const ctx = await phone();
  const { id } = await saved(ctx);
  await assert.rejects(saveVisit(ctx, id, { form: { visit: "v", type: "addition" }, events: [] }), { code: "not-a-draft" });
  assert.equal((await record(ctx, id)).type, "visit");
});
