/** What a phone shows of a page that the network did not bring. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dueState, fragmentOf, issueList, keyOf, pagesNaming, subjectOf } from "../../fieldapp/static/js/outbox/pages.js";
import { purgeFor, read, refresh } from "../../fieldapp/static/js/outbox/reference.js";
import { CAST, phone } from "./phone.mjs";
import { FakeServer } from "./fake_server.mjs";

const ID = "01970000-0000-7000-8000-000000000001";
const NOW = Date.parse("2026-11-20T12:00:00+08:00");

test("a page is found by its path, whatever stands after it", () => {
  const shelves = [{ id: "b1", pages: { "/": "today" } }, { id: "b2", pages: { [`/projects/${ID}`]: "sail" } }];
  assert.equal(fragmentOf(shelves, "/"), "today");
  assert.equal(fragmentOf(shelves, `/projects/${ID}/`), "sail");
  assert.equal(fragmentOf(shelves, "/constructor"), null);
  assert.equal(fragmentOf(null, "/"), null);
  assert.equal(keyOf(""), "/");
});

test("what an address is about", () => {
  assert.deepEqual(subjectOf(`/projects/${ID}`), { kind: "projects", id: ID });
  assert.deepEqual(subjectOf(`/issues/${ID}/`), { kind: "issues", id: ID });
  for (const other of ["/", "/projects", "/visits/new", "/projects/x"]) assert.equal(subjectOf(other), null);
});

test("an issue of two projects stands in the list once, and what is due comes first", () => {
  const rows = [{ id: "c" }, { id: "b", due_at: "2026-11-22T10:00:00Z" }, { id: "a", due_at: "2026-11-21T10:00:00Z" }, { id: "c" }];
  assert.deepEqual(issueList(rows).map(({ id }) => id), ["a", "b", "c"]);
});

test("how a limit stands", () => {
  assert.equal(dueState("2026-11-20T11:59:00+08:00", NOW), "over");
  assert.equal(dueState("2026-11-22T11:59:00+08:00", NOW), "soon");
  assert.equal(dueState("2026-11-22T12:00:00+08:00", NOW), "ok");
  assert.equal(dueState(null, NOW), null);
});

test("a page that is not carried is known by the pages that name it, projects first", () => {
  const line = `<a href="/visits/${ID}">x</a>`;
  const shelves = [{ id: "b1", pages: { "/": line, "/issues/a": "nothing" } }, { id: "b2", pages: { "/projects/b": line, "/projects/a": line } }];
  assert.deepEqual(pagesNaming(shelves, `/visits/${ID}/`).map(({ page }) => page), ["/projects/a", "/projects/b", "/"]);
  assert.deepEqual(pagesNaming(null, "/visits/x"), []);
  assert.deepEqual(subjectOf(`/visits/${ID}`), { kind: "visits", id: ID });
});

test("a shelf is replaced whole, goes when it is empty, and leaves with the person", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const shelf = (id, pages) => ({ id, pages });
  server.reference.push(
    { next: "~n", changes: { kinds: [] }, removed: {}, replaced: { contacts: [] }, outcomes: [], me: CAST.ana },
    { cursor: "c~1", changes: { briefs: [shelf("b1", { "/projects/a": "A", "/projects/b": "B" }), shelf("b2", { "/": "T" })] }, removed: {} },
  );
  assert.equal((await refresh(ctx)).loaded, true);
  server.reference.push({ cursor: "c~2", changes: { briefs: [shelf("b1", { "/projects/a": "A2" })] }, removed: { briefs: ["b2"] }, outcomes: [] });
  assert.equal((await refresh(ctx)).loaded, true);
  const kept = await read(ctx, "briefs");
  assert.equal(fragmentOf(kept, "/projects/a"), "A2");
  assert.equal(fragmentOf(kept, "/projects/b"), null, "no longer one's own to read");
  assert.equal(fragmentOf(kept, "/"), null);
  await purgeFor(ctx, CAST.ana.id);
  assert.equal(await read(ctx, "briefs"), null);
});
