// Searching what the phone holds, by the server's own rules.
import assert from "node:assert/strict";
import { test } from "node:test";
import { searchHeld } from "../../fieldapp/static/js/outbox/search_held.js";

const YF = { id: "e1", name: "云帆新材料有限公司", initials: "yfxclyxgs" };
const HJ = { id: "e2", name: "海岬装备", initials: "hjzb" };
const HELD = {
  projects: [
    { id: "p1", name: "云帆新材料", phase: "一期", initials: "yfxcl", enterprise: YF },
    { id: "p2", name: "云帆新材料", phase: "二期", initials: "yfxcl", enterprise: YF },
    { id: "p3", name: "码头改造", initials: "mtgz", enterprise: HJ },
  ],
  contacts: [
    { id: "c1", enterprise: "e1", name: "周明", title: "项目经理", phone: "138 0000-5678" },
    { id: "c2", enterprise: "e2", name: "欧阳慧", title: "厂长", phone: "" },
  ],
  issues: [
    { id: "i1", title: "北门临时用电容量不足", number: "XQ-2026-000128", project: "p1" },
    { id: "i1", title: "北门临时用电容量不足", number: "XQ-2026-000128", project: "p2" },
  ],
  records: [
    visit("v1", "2026-11-20T10:00:00+08:00", { content: "已与周明核对临时用电", met: [{ name: "欧阳慧", title: "厂长" }], asked: [{ text: "塔吊几台", answer: "两台" }] }, "ZF-2026-000128"),
    visit("v2", "2026-11-22T10:00:00+08:00", { typed_project: "临港精密", progress: "桩基施工ＡＢＣ", next_step: { text: "下周复核" } }),
    { ...visit("s1", "2026-11-22T11:00:00+08:00", { content: "补充用电" }), type: "supplement" },
  ],
};

function visit(id, at, form, number = null) {
  return { id, type: "visit", form: { kind: "site_inspection", ...form }, occurred: { at }, recorded_at: at, outcome: number && { number }, title: "" };
}

const ids = (query) => Object.fromEntries(searchHeld(HELD, query).map(({ kind, hits }) => [kind, hits.map(({ id }) => id)]));

test("by any two characters, in whatever is held, an enterprise and an issue once", () => {
  assert.deepEqual(ids("云帆"), { enterprise: ["e1"], project: ["p1", "p2"] });
  assert.deepEqual(ids("用电"), { issue: ["i1"], visit: ["v1"] });
  assert.deepEqual(ids("yfxcl"), { enterprise: ["e1"], project: ["p1", "p2"] });
  assert.deepEqual(ids("桩基"), { visit: ["v2"] });
  assert.deepEqual(ids("abc"), ids("ＡＢＣ"));
  assert.deepEqual(ids("欧阳"), { contact: ["c2"], visit: ["v1"] });
  assert.deepEqual(ids("复核 桩基"), { visit: ["v2"] });
  assert.deepEqual(ids("复核 用电"), {});
  assert.deepEqual(ids("塔吊 两台"), { visit: ["v1"] });
});

test("one character finds enterprises and numbers only", () => {
  assert.deepEqual(ids("云"), { enterprise: ["e1"] });
  assert.deepEqual(ids("电"), {});
  assert.deepEqual(ids(" "), {});
});

test("a number as one says it; the last four digits of a telephone that is here", () => {
  for (const said of ["ZF-2026-000128", "zf128", "ｚｆ-128"]) assert.deepEqual(ids(said), { visit: ["v1"] });
  assert.deepEqual(ids("128"), { issue: ["i1"], visit: ["v1"] });
  assert.deepEqual(ids("2025-128"), {});
  assert.deepEqual(ids("5678"), { contact: ["c1"] });
  for (const said of ["678", "05678"]) assert.deepEqual(ids(said), {});
});

test("the words around the match are shown, the newest visit first", () => {
  const [{ hits }] = searchHeld({ ...HELD, records: [visit("a", "2026-01-01T00:00:00Z", { content: `${"甲".repeat(40)}用电${"乙".repeat(200)}` }), visit("b", "2026-02-01T00:00:00Z", { needs: "用电" })], issues: [] }, "用电");
  assert.deepEqual(hits.map(({ id }) => id), ["b", "a"]);
  assert.equal(hits[0].snippet, "用电");
  assert.match(hits[1].snippet, /^…甲{16}用电乙+…$/);
});

test("what is searched for is text, never a pattern, and a list that is not here finds nothing", () => {
  for (const odd of [".*", "(", "[", "\\", "%"]) assert.deepEqual(ids(odd), {});
  assert.deepEqual(searchHeld({ projects: [], contacts: [], issues: [], records: [] }, "云帆"), []);
});
