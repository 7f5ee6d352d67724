// Many enterprises in few taps, and what was so last time in one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { areasOf, findFirms, firmsOf } from "../../fieldapp/static/js/behaviours/capture/firm_list.js";
import { inWords, lastAt, likeLast } from "../../fieldapp/static/js/behaviours/capture/last.js";
import { read } from "../../fieldapp/static/js/outbox/reference.js";
import { phone, saved } from "./phone.mjs";

const firm = (id, name, initials) => ({ id, name, initials });
const SAIL = firm("e1", "云帆新材料有限公司", "yfxclyxgs");
const REEF = firm("e2", "海岬装备有限公司", "hjzbyxgs");
const PROJECTS = [
  { id: "p1", name: "一期", enterprise: SAIL, area: "北区" },
  { id: "p2", name: "二期", enterprise: SAIL, area: "南区", mine: true },
  { id: "p3", name: "装备", enterprise: REEF, area: "北区" },
  { id: "p4", name: "无主", enterprise: null },
];

test("an enterprise stands once, however many projects it has, one's own first", () => {
  const firms = firmsOf(PROJECTS);
  assert.deepEqual(firms.map(({ id, mine }) => [id, mine]), [["e1", true], ["e2", false]]);
  assert.deepEqual(areasOf(firms), ["北区", "南区"]);
});

test("enterprises are found by area, by name and by initials, full-width letters too", () => {
  const firms = firmsOf(PROJECTS);
  const ids = (query, area = "") => findFirms(firms, query, area).map(({ id }) => id);
  assert.deepEqual(ids(""), ["e1", "e2"]);
  assert.deepEqual(ids("", "南区"), ["e1"]);
  assert.deepEqual(ids("ＨＪ"), ["e2"]);
  assert.deepEqual(ids("新材料", "北区"), ["e1"]);
  assert.deepEqual(ids("没有"), []);
});

const TOLD = { project: "p1", on: "2026-11-18T01:00:00Z", met: [{ name: "王经理", title: "项目经理", contact: "c1" }], next_step: "复看" };
const HERE = { project: "p1", on: "2026-11-19T09:00:00+08:00", met: [{ name: "李工" }], next_step: "" };

test("the later of what the office told and what was logged here is last time", () => {
  assert.equal(lastAt([TOLD], {}, "p1"), TOLD);
  assert.equal(lastAt([TOLD], { p1: HERE }, "p1"), HERE);
  assert.equal(lastAt([{ ...TOLD, on: "2026-11-20T01:00:00Z" }], { p1: HERE }, "p1").next_step, "复看");
  assert.equal(lastAt([TOLD], {}, "p2"), null);
});

test("one tap fills the person met and the next step, and nothing that stands there already", () => {
  const filled = likeLast({}, TOLD);
  assert.deepEqual(filled, { met: TOLD.met, next_step: { text: "复看", on: null, by: null, by_name: "" } });
  assert.equal(inWords(filled, "、"), "王经理 · 复看");
  assert.deepEqual(likeLast({ met: [{ name: "赵" }] }, TOLD), { next_step: filled.next_step });
  assert.deepEqual(likeLast({ next_step: { text: "", on: "2026-11-25" } }, { ...TOLD, met: [] }).next_step.on, "2026-11-25");
  assert.equal(likeLast({ met: [{ name: "赵" }], next_step: { text: "去" } }, TOLD), null);
  assert.equal(likeLast({}, null), null);
});

test("what was chosen last is remembered: the programmes, no programme too, and each project's last visit", async () => {
  const ctx = await phone();
  await saved(ctx, { form: { project: "p1", programmes: ["double"], met: [{ name: "王经理" }], next_step: { text: "复看", on: null } } });
  assert.deepEqual(await read(ctx, "last_programmes"), ["double"]);
  const { p1 } = await read(ctx, "last_by_project");
  assert.deepEqual([p1.met, p1.next_step, p1.on], [[{ name: "王经理" }], "复看", "2026-11-20T09:41:00.000+08:00"]);
  await saved(ctx, { form: { programmes: [] } });
  assert.deepEqual(await read(ctx, "last_programmes"), []);
  await saved(ctx, { form: { project: "p2" } });
  assert.deepEqual(await read(ctx, "last_programmes"), []);
  assert.deepEqual(Object.keys(await read(ctx, "last_by_project")), ["p1"]); // p2's visit had nothing to repeat
});
