// Whoever signs in on a phone where somebody else's session has run out: from the first second it is theirs.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { CAST } from "./phone.mjs";

const localStorage = {};
let answer = null; // of /api/v1/me; none: the network has nothing to say
let asked = 0;
const fetch = async () => {
  asked += 1;
  if (!answer) throw new TypeError("Failed to fetch");
  return new Response(JSON.stringify(answer.json), { status: answer.status, headers: { "Content-Type": "application/json" } });
};
const { setTimeout: later } = globalThis;
globalThis.setTimeout = (done, ms) => later(done, ms).unref(); // patience that was not needed keeps nobody here
for (const [name, value] of Object.entries({ localStorage, fetch, document: { cookie: "" }, navigator: { onLine: true }, BroadcastChannel: undefined })) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
const { author } = await import("../../fieldapp/static/js/behaviours/phone.js");
const is = (user) => (answer = { status: 200, json: { ...user, session: "s" } });

test("who is known is not asked about, until somebody may have signed in", async () => {
  is(CAST.ana);
  assert.equal((await author())?.id, CAST.ana.id);
  is(CAST.bo);
  assert.deepEqual([(await author())?.id, asked], [CAST.ana.id, 1]);
  localStorage["fieldapp-entering"] = "1"; // the page where one signs in
  assert.equal((await author())?.id, CAST.bo.id);
});

test("nobody has, or no answer comes: it is still whose it was", async () => {
  for (const said of [null, { status: 401, json: {} }]) {
    answer = said;
    assert.equal((await author())?.id, CAST.bo.id);
  }
});
