// A page that one leaves is kept for the way back, frozen: it must hold nothing that the next page needs.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import test from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { openStore } from "../../fieldapp/static/js/outbox/store.js";

function happens(page, what, persisted = true) {
  page.dispatchEvent(Object.assign(new Event(what), { persisted }));
}

async function twoPages() {
  const factory = new IDBFactory();
  const window = new EventTarget();
  const left = await openStore("fieldapp", factory, 5_000, window);
  const next = await openStore("fieldapp", factory, 5_000, new EventTarget());
  return { window, left, next };
}

test("what a page was writing when it was put aside stands in nobody's way, and is written when one comes back", async () => {
  const { window, left, next } = await twoPages();
  let tries = 0;
  const writing = left.tx(["meta"], async (tx) => {
    tries += 1;
    await tx.put("meta", { key: "first", value: tries });
    if (tries === 1) happens(window, "pagehide");
    await tx.put("meta", { key: "second", value: tries });
  });
  await next.put("meta", { key: "other", value: 1 });
  assert.deepEqual(await next.list("meta"), [{ key: "other", value: 1 }]);
  happens(window, "pageshow");
  await writing;
  assert.deepEqual((await next.list("meta")).map(({ key, value }) => [key, value]), [["first", 2], ["other", 1], ["second", 2]]);
});

test("what a page begins while it is put aside waits until one comes back", async () => {
  const { window, left } = await twoPages();
  happens(window, "pagehide");
  const steps = [];
  const reading = left.get("meta", "none").then(() => steps.push("read"));
  const writing = left.put("meta", { key: "late", value: 1 }).then(() => steps.push("written"));
  await new Promise((soon) => setImmediate(soon));
  assert.deepEqual(steps, []);
  happens(window, "pageshow");
  await Promise.all([reading, writing]);
  assert.deepEqual(await left.get("meta", "late"), { key: "late", value: 1 });
});

test("what a page begins on a store that was just being opened when it was put aside stands in nobody's way either", async () => {
  const { window, left, next } = await twoPages();
  left.close(); // as the system does: the next one opens it again
  let tries = 0;
  const writing = left.tx(["meta"], async (tx) => {
    tries += 1;
    await tx.put("meta", { key: "late", value: tries });
    if (tries === 1) await new Promise(() => {}); // frozen
  });
  await null;
  await null;
  happens(window, "pagehide");
  await next.put("meta", { key: "other", value: 1 });
  assert.deepEqual(await next.list("meta"), [{ key: "other", value: 1 }]);
  happens(window, "pageshow");
  await writing;
  assert.deepEqual((await next.list("meta")).map(({ key }) => key), ["late", "other"]);
});

test("a page that is closed for good finishes what it has begun", async () => {
  const { window, left, next } = await twoPages();
  const writing = left.put("meta", { key: "last", value: 1 });
  happens(window, "pagehide", false);
  await writing;
  assert.deepEqual(await next.get("meta", "last"), { key: "last", value: 1 });
});
