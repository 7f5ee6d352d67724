// What the pages around the outbox decide: the strip, the reasons, the browser's fitness.
import assert from "node:assert/strict";
import { test } from "node:test";

import { isAppleTab, isWeChat, missing } from "../../fieldapp/static/js/behaviours/browser.js";
import { held, stripState } from "../../fieldapp/static/js/behaviours/held.js";
import { photoPlace, why } from "../../fieldapp/static/js/behaviours/why.js";

const CALM = { online: true, signIn: false, drafts: 0, saved: 0, waiting: 0, sending: 0, needs_you: 0 };

test("the strip is silent when all is well, drafts or not", () => {
  assert.equal(stripState(CALM), null);
  assert.equal(stripState({ ...CALM, drafts: 3 }), null);
});

test("the strip says the most pressing thing", () => {
  assert.equal(stripState({ ...CALM, saved: 2, waiting: 1 }).word, "waiting");
  assert.equal(stripState({ ...CALM, saved: 2, waiting: 1 }).n, 3);
  assert.equal(stripState({ ...CALM, saved: 2, sending: 1 }).word, "sending");
  assert.equal(stripState({ ...CALM, sending: 1, needs_you: 1 }).word, "needs-you");
  assert.equal(stripState({ ...CALM, signIn: true, saved: 4 }).word, "sign-in");
  assert.equal(stripState({ ...CALM, signIn: true }), null);
  const offline = stripState({ ...CALM, online: false, saved: 3 });
  assert.deepEqual([offline.word, offline.n, offline.offline], ["offline", 3, true]);
});

function timers() {
  const waiting = new Map();
  let last = 0;
  return {
    later: (act) => (waiting.set((last += 1), act), last),
    never: (id) => waiting.delete(id),
    pass: () => [...waiting].forEach(([id, act]) => (waiting.delete(id), act())),
  };
}

test("a state that did not hold for two seconds is never shown", () => {
  const shown = [];
  const { pass, ...clock } = timers();
  const tell = held((state) => shown.push(state), clock);
  tell("offline");
  tell("waiting");
  pass();
  assert.deepEqual(shown, ["waiting"]);
  tell("offline");
  tell("waiting"); // back before it was shown
  pass();
  assert.deepEqual(shown, ["waiting"]);
  tell("offline");
  tell("offline"); // the same again does not start the two seconds anew
  pass();
  assert.deepEqual(shown, ["waiting", "offline"]);
});

test("every reason has a sentence, known or not", () => {
  const known = (key) => ["why-not-owner", "why-refused", "why-proxy-limit", "why-server", "why-unknown"].includes(key);
  assert.equal(why({ code: "not-owner", status: 403 }, known), "why-not-owner");
  assert.equal(why({ code: "unexpected", status: 410 }, known), "why-refused");
  assert.equal(why({ code: "unexpected", status: 413 }, known), "why-proxy-limit");
  assert.equal(why({ code: "unexpected", status: 502 }, known), "why-server");
  assert.equal(why({ code: "of-next-year", status: 418 }, known), "why-unknown");
  assert.equal(why(null, known), "why-unknown");
});

test("a photo is said to be where it is", () => {
  assert.equal(photoPlace({ state: "kept", sealed: false }), "saved");
  assert.equal(photoPlace({ state: "kept", sealed: true }), "waiting");
  assert.equal(photoPlace({ state: "wanted", sealed: true }), "waiting");
  assert.equal(photoPlace({ state: "uploading", sealed: true }), "sending");
  assert.equal(photoPlace({ state: "stored", sealed: true }), "sent");
  assert.equal(photoPlace({ state: "refused", sealed: true }), "needs_you");
  assert.equal(photoPlace({ state: "unreadable", sealed: true }), "needs_you");
});

test("a browser is judged by what it can do, WeChat by its name", () => {
  assert.deepEqual(missing({}).sort(), ["channel", "clone", "dialog", "hash", "indexedDB", "secure"]);
  const able = { isSecureContext: true, indexedDB: {}, crypto: { subtle: {} }, HTMLDialogElement: class {}, BroadcastChannel: class {}, structuredClone: () => {} };
  assert.deepEqual(missing(able), []);
  assert.deepEqual(missing({ ...able, isSecureContext: false }), ["secure"], "plain HTTP from another host");
  assert.ok(isWeChat("Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"));
  assert.ok(!isWeChat("Mozilla/5.0 (Linux; Android 14) Chrome/140"));
  assert.ok(isAppleTab({ navigator: { userAgent: "iPhone", standalone: false } }));
  assert.ok(!isAppleTab({ navigator: { userAgent: "iPhone", standalone: true } }));
});
