/** What the behaviours of the read pages decide, without a page. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pause } from "../../fieldapp/static/js/behaviours/live.js";
import { belongsTo, firstWords, isUnsent } from "../../fieldapp/static/js/behaviours/unsent.js";
import { swiped, turned } from "../../fieldapp/static/js/behaviours/viewer.js";

test("a timeline is asked often while used, seldom when idle, never while hidden or offline", () => {
  const now = { visible: true, online: true, idleFor: 0 };
  assert.equal(pause(now), 10_000);
  assert.equal(pause({ ...now, idleFor: 299_999 }), 10_000);
  assert.equal(pause({ ...now, idleFor: 300_000 }), 60_000);
  assert.equal(pause({ ...now, visible: false }), null);
  assert.equal(pause({ ...now, online: false }), null);
});

test("photos turn round at both ends", () => {
  assert.equal(turned(2, 1, 3), 0);
  assert.equal(turned(0, -1, 3), 2);
  assert.equal(turned(0, 1, 1), 0);
});

test("a swipe is wide and flat; anything else is not", () => {
  const from = { x: 200, y: 300 };
  assert.equal(swiped(from, { x: 120, y: 310 }), 1);
  assert.equal(swiped(from, { x: 280, y: 290 }), -1);
  assert.equal(swiped(from, { x: 190, y: 300 }), 0);
  assert.equal(swiped(from, { x: 140, y: 400 }), 0);
});

test("unsent is what was saved and is not complete; a draft and an addition are not", () => {
  const row = (type, place) => ({ record: { type, form: {} }, place });
  assert.deepEqual(
    ["draft", "saved", "waiting", "sending", "needs_you", "sent"].filter((place) => isUnsent(row("visit", place))),
    ["saved", "waiting", "sending", "needs_you"],
  );
  assert.equal(isUnsent(row("supplement", "waiting")), false);
});

test("a visit belongs to its main project and to the further ones", () => {
  const row = { record: { form: { project: "a", projects: ["b"] } } };
  assert.deepEqual(["a", "b", "c"].map((id) => belongsTo(row, id)), [true, true, false]);
  assert.equal(belongsTo({ record: { form: {} } }, "a"), false);
});

test("a line shows the first words that were written", () => {
  assert.equal(firstWords({ content: "", progress: "封顶", problems: "水压" }), "封顶");
  assert.equal(firstWords({}), "");
});
