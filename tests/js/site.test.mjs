// What an officer records on site, without a page: open issues, progress, milestones, questions, viewpoints, sliders.
import assert from "node:assert/strict";
import { test } from "node:test";

import { known } from "../../fieldapp/static/js/behaviours/capture/camera.js";
import { changed, tapped as nodeTapped, withPhotos } from "../../fieldapp/static/js/behaviours/capture/nodes.js";
import { sameCategory, tapped } from "../../fieldapp/static/js/behaviours/capture/open_issues.js";
import { nearStages, toggled } from "../../fieldapp/static/js/behaviours/capture/progress.js";
import { answered, questionsAt, scopeOf, shown } from "../../fieldapp/static/js/behaviours/capture/questions.js";
import { shows } from "../../fieldapp/static/js/behaviours/slider.js";
import { lastEvents } from "../../fieldapp/static/js/outbox/events.js";
import { lastAt } from "../../fieldapp/static/js/outbox/viewpoints.js";

const codes = (rows) => rows.map(({ code }) => code);

test("one tap says what became of an issue, the same tap takes it back, another is another event", () => {
  const opened = { id: "o", issue: "new", type: "opened", photos: [] };
  let events = tapped([opened], { issue: "i", type: "progress", base: "b", id: "1" });
  assert.deepEqual(events, [opened, { id: "1", issue: "i", type: "progress", base: "b", photos: [], text: "" }]);
  Object.assign(events[1], { text: "水泵已到", photos: ["p"] });
  events = tapped(events, { issue: "i", type: "solved", base: "b", id: "2" });
  assert.deepEqual(events[1], { id: "2", issue: "i", type: "solved", base: "b", photos: ["p"], text: "水泵已到" });
  events = tapped(events, { issue: "i", type: "no_change", base: "b", id: "3" });
  assert.deepEqual([events[1].id, events[1].text, events[1].photos], ["3", "", []]);
  assert.deepEqual(tapped(events, { issue: "i", type: "no_change", base: "b", id: "4" }), [opened]);
});

test("an issue opened anew is held against those of its category", () => {
  const open = [{ id: "1", title: "", category: "water" }, { id: "2", title: "", category: "road" }, { id: "3", title: "", category: null }];
  const ids = (chosen) => sameCategory(open, chosen).map(({ id }) => id);
  assert.deepEqual(ids("water"), ["1"]);
  assert.deepEqual(ids("power"), []);
  assert.deepEqual(ids(""), []);
});

test("what this phone has said and not sent is what the next event follows on", async () => {
  const said = (id, seq, issue_events, more = {}) => ({ id, seq, type: "visit", ever_2xx: false, form: { issue_events }, ...more });
  const records = [
    said("b", 2, [{ id: "e2", issue: "i" }]),
    said("a", 1, [{ id: "e1", issue: "i" }, { id: "e0", issue: "j" }]),
    said("sent", 3, [{ id: "e9", issue: "i" }], { ever_2xx: true }),
    said("draft", null, [{ id: "e8", issue: "i" }]),
    { id: "alone", seq: 4, type: "issue_event", ever_2xx: false, form: { id: "e4", issue: "k" } },
    { id: "talk", seq: 5, type: "supplement", ever_2xx: false, form: {} },
  ];
  const ctx = { store: { list: async () => records } };
  assert.deepEqual([...(await lastEvents(ctx, "ana", null))], [["i", "e2"], ["j", "e0"], ["k", "e4"]]);
  assert.equal((await lastEvents(ctx, "ana", "b")).get("i"), "e1");
});

test("no change comes and goes with a tap and never takes away what was typed", () => {
  assert.equal(toggled("", "无变化"), "无变化");
  assert.equal(toggled(" 无变化\n", "无变化"), "");
  assert.equal(toggled("封顶", "无变化"), "无变化；封顶");
  assert.equal(toggled("无变化；封顶", "无变化"), "无变化；封顶");
});

test("the stage on record and the next two are a tap away, and so is one that was chosen from the list", () => {
  const stages = ["S07", "S10", "S08", "S09", "S12"].map((code) => ({ code, order: Number(code.slice(1)) }));
  assert.deepEqual(codes(nearStages(stages, "S08", "")), ["S08", "S09", "S10"]);
  assert.deepEqual(codes(nearStages(stages, "S08", "S12")), ["S08", "S09", "S10", "S12"]);
  assert.deepEqual(nearStages(stages, "S99", ""), []);
});

test("a milestone is reached on the day of the visit unless one says otherwise; its photo goes with the photo", () => {
  const one = nodeTapped([], "topping_out", "2026-11-20");
  assert.deepEqual(one, [{ node: "topping_out", on: "2026-11-20", photo: null }]);
  const said = changed(nodeTapped(one, "equipment", "2026-11-20"), "topping_out", { on: "2026-11-18", photo: "p" });
  assert.deepEqual(said[0], { node: "topping_out", on: "2026-11-18", photo: "p" });
  assert.deepEqual(withPhotos(said, ["q"])[0].photo, null);
  assert.deepEqual(nodeTapped(said, "topping_out", "").map(({ node }) => node), ["equipment"]);
});

test("five questions at most: those of the stage, then those of building or producing", () => {
  const general = (scope, n) => Array.from({ length: n }, (_, i) => ({ code: `${scope}${i}`, stages: [], scope, order: 50 + i }));
  const own = ["S08-2", "S08-1", "S08-3"].map((code) => ({ code, stages: ["S08"], scope: "", order: Number(code.slice(-1)) }));
  const all = [...general("building", 4), ...own, ...general("producing", 4), ...general("before", 1)];
  assert.deepEqual(codes(questionsAt(all, "S08")), ["S08-1", "S08-2", "S08-3", "building0", "building1"]);
  assert.deepEqual(codes(questionsAt(all, "S13")), ["producing0", "producing1", "producing2", "producing3"]);
  assert.deepEqual(codes(questionsAt(all, "S02")), ["before0"]);
  assert.deepEqual(questionsAt(all, ""), []);
  assert.deepEqual(["S06", "S07", "S11", "S12"].map(scopeOf), ["before", "building", "building", "producing"]);
});

test("an answer is kept with its question's words, in the order of asking, until it is taken back", () => {
  let asked = answered([], { question: "a", text: "几层？", answer: "三层" });
  asked = answered(asked, { question: "b", text: "几人？", answer: "四十人" });
  asked = answered(asked, { question: "a", text: "几层？", answer: "四层" });
  assert.deepEqual(asked.map(({ answer }) => answer), ["四层", "四十人"]);
  assert.deepEqual(answered(asked, { question: "a", text: "几层？", answer: " " }).map(({ question }) => question), ["b"]);
  assert.deepEqual(shown([{ code: "b", text: "新的说法" }], asked), [{ code: "b", text: "新的说法" }, { code: "a", text: "几层？" }]);
});

test("a viewpoint's last picture is the phone's own where it has one, else the office's", async () => {
  assert.deepEqual(known([{ name: "北门", picture: "own" }], [{ name: "北门", picture: "x" }, { name: "塔吊", picture: "y" }]).map(({ picture }) => picture), ["own", "y"]);
  const photo = (id, record, viewpoint, thumb = new ArrayBuffer(1)) => ({ id, record, viewpoint, thumb });
  const photos = [photo("1", "a", "北门"), photo("3", "b", "北门"), photo("2", "a", "塔吊"), photo("4", "b", "大门", null), photo("5", "b", ""), photo("9", "c", "北门")];
  const visit = (id, project) => ({ id, type: "visit", form: { project }, edit: null, photo_ids: photos.filter((p) => p.record === id).map((p) => p.id) });
  const records = [visit("a", "sail"), visit("b", "sail"), visit("c", "reef")];
  const ctx = { store: { list: async (store, _index, key) => (store === "records" ? records : photos.filter((p) => p.record === key)) } };
  assert.deepEqual((await lastAt(ctx, "ana", "sail")).map(({ id }) => id), ["3", "2"]);
  assert.deepEqual(await lastAt(ctx, "ana", ""), []);
});

test("two photos are wiped, more are gone through one by one", () => {
  assert.deepEqual(shows(2, 130), { way: "reveal", shown: 100 });
  assert.deepEqual(shows(4, 2.4), { way: "series", shown: 2 });
  assert.deepEqual(shows(4, 9), { way: "series", shown: 3 });
});
