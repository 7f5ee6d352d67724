// The capture page's decisions, without a page: when it was, what is wished for, which fix is best, what a kind asks.
import assert from "node:assert/strict";
import { test } from "node:test";

import { failed, fixOf, heard, positionOf } from "../../fieldapp/static/js/behaviours/capture/fix.js";
import { order, STEPS } from "../../fieldapp/static/js/behaviours/capture/order.js";
import { moved, offset, typed } from "../../fieldapp/static/js/behaviours/capture/pad.js";
import { assumed, choicesAt, isLater, isOld, localValue, occurred } from "../../fieldapp/static/js/behaviours/capture/when.js";
import { tooLong, wishes } from "../../fieldapp/static/js/behaviours/capture/wishes.js";

const at = (h, m = 0, d = 20) => new Date(2026, 10, d, h, m).getTime();
const clockAt = (now) => ({ now: () => now, isoLocal: (ms) => new Date(ms).toISOString() });

test("now is the moment of recording, and nothing else is", () => {
  const clock = clockAt(at(9, 41));
  assert.deepEqual(occurred("now", clock), { said: "now", at: null });
  for (const said of ["just_now", "this_morning", "yesterday", "time"]) {
    assert.notEqual(occurred(said, clock).at, null, said);
  }
});

test("a choice stands for a time of its own half of the day, never for one to come", () => {
  assert.equal(assumed("this_morning", at(16)), at(10));
  assert.equal(assumed("this_morning", at(8, 30)), at(8, 30));
  assert.equal(assumed("this_afternoon", at(18)), at(15));
  assert.equal(assumed("this_afternoon", at(13, 10)), at(13, 10));
  assert.equal(assumed("yesterday", at(9, 0, 1)), new Date(2026, 9, 31, 15).getTime());
});

test("the afternoon is not offered before noon", () => {
  assert.ok(!choicesAt(at(11, 59)).includes("this_afternoon"));
  assert.ok(choicesAt(at(12)).includes("this_afternoon"));
});

test("a typed time is taken as the phone's own, and nonsense as now", () => {
  const clock = clockAt(at(9));
  assert.equal(new Date(occurred("time", clock, "2026-11-19T14:05").at).getTime(), at(14, 5, 19));
  assert.equal(new Date(occurred("time", clock, "").at).getTime(), at(9));
  assert.equal(localValue(at(14, 5, 19)), "2026-11-19T14:05");
});

test("half an hour makes a later entry; just now and now do not", () => {
  const now = at(9, 41);
  const clock = clockAt(now);
  assert.equal(isLater(occurred("now", clock), now), false);
  assert.equal(isLater(occurred("just_now", clock), now), false);
  assert.equal(isLater({ said: "time", at: new Date(now - 30 * 60_000).toISOString() }, now), false);
  assert.equal(isLater({ said: "time", at: new Date(now - 30 * 60_000 - 1).toISOString() }, now), true);
  assert.equal(isLater(occurred("yesterday", clock), now), true);
});

test("a draft that waited for half an hour takes no position from where one is now", () => {
  assert.equal(isOld(at(9, 41), at(10, 11)), false);
  assert.equal(isOld(at(9, 41), at(10, 12)), true);
});

const SITE = { code: "site_inspection", photos: "expected", position: "expected", fields: ["photos", "progress", "problems", "issues", "next_step"] };
const PHONE = { code: "phone_follow_up", photos: "none", position: "none", fields: ["met", "content", "issues", "next_step"] };

test("what is wished for follows the kind, in the order of the form", () => {
  assert.deepEqual(wishes(SITE, {}, { photos: 0, later: false }), ["project", "text", "photos", "position"]);
  assert.deepEqual(wishes(PHONE, {}, { photos: 0, later: false }), ["project", "text"]);
});

test("enterprises that took part stand for a project", () => {
  assert.deepEqual(wishes(PHONE, { enterprises: ["e"], content: "宣讲" }, { photos: 0, later: false }), []);
});

test("a reason, a typed project, or a later entry fulfils a wish", () => {
  const form = { typed_project: "新厂房", progress: "封顶", photos_absent: "declined" };
  assert.deepEqual(wishes(SITE, form, { photos: 0, later: true }), []);
  assert.deepEqual(wishes(SITE, { project: "p", progress: " \n" }, { photos: 1, later: false }), ["text", "position"]);
});

test("characters are counted as the server counts them, an emoji being one", () => {
  assert.deepEqual(tooLong({ content: "🏗".repeat(20_000), progress: "ا".repeat(10_000) }), []);
  assert.deepEqual(tooLong({ content: "🏗".repeat(20_003) }), [{ field: "content", over: 3 }]);
});

test("a kind's own order is kept; camera first, position right behind it", () => {
  const { asked, more, open } = order(SITE);
  assert.deepEqual(asked, ["photos", "position", "progress", "problems", "issues", "next_step"]);
  assert.deepEqual(open, ["photos", "position", "progress"]);
  assert.deepEqual([...asked, ...more].sort(), [...STEPS].sort());
});

test("who is briefed is chosen where one looks first", () => {
  const { asked, open } = order({ code: "policy_briefing", photos: "optional", position: "optional", fields: ["enterprises", "policy_items", "content"] });
  assert.ok(asked.indexOf("projects") < asked.indexOf("content"));
  assert.deepEqual(open, ["projects", "content"]);
});

test("a phone call asks for neither photo nor position, and its first text stands open", () => {
  const { asked, more, open } = order(PHONE);
  assert.deepEqual(asked, ["met", "content", "issues", "next_step"]);
  assert.ok(more.includes("photos") && more.includes("position"));
  assert.deepEqual(open, ["content"]);
});

test("without reference data, and with fields of a newer server, the form still asks", () => {
  assert.ok(order(null).asked.includes("content"));
  const { asked } = order({ code: "x", fields: ["tomorrow's field", "content", "content", "enterprises"] });
  assert.deepEqual(asked, ["photos", "position", "content", "projects", "issues"]);
});

const fix = (accuracy, timestamp, latitude = 29.9) => fixOf({ coords: { latitude, longitude: 121.8, accuracy, altitude: null }, timestamp });

test("the best fix survives worse ones and errors in between", () => {
  let best = { fix: null, error: "" };
  best = heard(best, fix(1200, 0));
  best = failed(best, 2);
  assert.equal(best.error, "unavailable");
  assert.equal(best.fix.accuracy_m, 1200);
  best = heard(best, fix(25, 4000));
  best = heard(best, fix(300, 6000));
  best = failed(best, 3);
  assert.equal(best.fix.accuracy_m, 25);
  assert.equal(best.error, "timeout");
  assert.equal(heard(best, fix(80, 9000)).error, "");
});

test("a fix two minutes old gives way to a coarser fresh one: the officer has walked on", () => {
  const best = heard({ fix: null, error: "" }, fix(5, 0));
  assert.equal(heard(best, fix(30, 60_000)).fix.accuracy_m, 5);
  assert.equal(heard(best, fix(30, 121_000)).fix.accuracy_m, 30);
});

test("the stored position says how old the fix was, in what system, and keeps it as heard", () => {
  const position = positionOf(fix(12.34, 1000), 61_000);
  assert.equal(position.age_ms, 60_000);
  assert.equal(position.accuracy_m, 12.3);
  assert.equal(position.crs, "wgs84");
  assert.equal(position.source, "gps");
  assert.equal(position.raw.at, 1000);
  assert.equal(positionOf(fix(5, 9000), 1000).age_ms, 0, "a phone clock that was set back makes no negative age");
});

test("the pad puts a tap where it was meant, and finds it again", () => {
  const centre = { lat: 29.9012, lng: 121.8012 };
  const there = moved(centre, 100, -200);
  const back = offset(centre, there);
  assert.ok(Math.abs(back.east - 100) < 0.2 && Math.abs(back.north + 200) < 0.2);
  assert.ok(there.lat < centre.lat && there.lng > centre.lng);
});

test("typed coordinates are degrees, with a comma too, or nothing", () => {
  assert.deepEqual(typed(" 29,9 ", "121.8"), { lat: 29.9, lng: 121.8 });
  for (const [lat, lng] of [["", "121"], ["91", "0"], ["0", "181"], ["abc", "1"], ["1e99", "0"]]) assert.equal(typed(lat, lng), null);
});
