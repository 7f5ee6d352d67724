// A phone that two people use: what is Ana's is sent as Ana, shown to Ana, and to Bo it is a number.
import assert from "node:assert/strict";
import { test } from "node:test";
import { beginDraft, saveVisit } from "../../fieldapp/static/js/outbox/drafts.js";
import { contact, notices, signOut, signedIn } from "../../fieldapp/static/js/outbox/devices.js";
import { read, refresh } from "../../fieldapp/static/js/outbox/reference.js";
import { run, wake } from "../../fieldapp/static/js/outbox/sender.js";
import { recall } from "../../fieldapp/static/js/outbox/meta.js";
import { currentUser, outbox, summary } from "../../fieldapp/static/js/outbox/state.js";
import { CAST, phone, photosOf, record, runUntilEmpty, saved } from "./phone.mjs";
import { FakeServer } from "./fake_server.mjs";

async function takesOver(server, ctx, user) {
  ctx.send = server.as(user);
  return signedIn(ctx);
}

test("Bo signs in on Ana's phone: her visits wait, only counted, and go when she is back", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const hers = [await saved(ctx, { content: "SECRET of Ana" }), await saved(ctx, { photos: [100] })];
  await takesOver(server, ctx, CAST.bo);
  await wake(ctx, "manual");
  const result = await run(ctx);
  assert.deepEqual([result.sent, result.next_at], [0, null]);
  assert.equal(server.count(/PUT|uploads/), 0);
  assert.deepEqual(await outbox(ctx, CAST.bo.id), []);
  assert.equal((await summary(ctx, CAST.bo.id)).others, 2);
  assert.equal((await summary(ctx, CAST.bo.id)).saved, 0);
  assert.deepEqual(server.devices.at(-1).queued, [], "what he tells the server of this phone is his own");
  const his = await saved(ctx);
  assert.deepEqual([his.owner, his.seq], [CAST.bo.id, 1], "numbers count per person");
  await run(ctx);
  assert.equal(server.raws.size, 1);
  await takesOver(server, ctx, CAST.ana);
  await run(ctx);
  for (const { id } of hers) assert.equal((await record(ctx, id)).state, "sent");
  assert.deepEqual(server.envelopes(hers[0].id)[0].owner, CAST.ana.id);
});

test("another's reference data and sent photos go when somebody else signs in; what is unsent stays", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  server.reference.push({ cursor: "c1", changes: { projects: [{ id: "p1", name: "East works" }] }, removed: {}, outcomes: [], me: CAST.ana });
  await refresh(ctx);
  const sent = await saved(ctx, { photos: [100] });
  await run(ctx);
  const waiting = await saved(ctx, { photos: [200] });
  await takesOver(server, ctx, CAST.bo);
  assert.equal(await read(ctx, "projects"), null);
  assert.deepEqual((await ctx.store.list("ref")).filter(({ key }) => key.startsWith(CAST.ana.id)), []);
  assert.equal((await photosOf(ctx, sent.id))[0].has_bytes, false);
  assert.equal((await photosOf(ctx, waiting.id))[0].has_bytes, true);
  assert.equal((await ctx.store.list("bytes")).length, 1);
});

test("a page that is left the moment another's name is kept leaves nothing of the one before", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  server.reference.push({ cursor: "c1", changes: { projects: [{ id: "p1", name: "East works" }] }, removed: {}, outcomes: [], me: CAST.ana });
  await refresh(ctx);
  const { tx } = ctx.store;
  ctx.store.tx = async (...asked) => {
    if ((await currentUser(ctx)).id === CAST.bo.id) throw new Error("the page is gone");
    return tx(...asked);
  };
  await takesOver(server, ctx, CAST.bo).catch(() => {});
  assert.equal((await currentUser(ctx)).id, CAST.bo.id);
  assert.deepEqual((await ctx.store.list("ref")).filter(({ key }) => key.startsWith(CAST.ana.id)), []);
});

test("sent photos that a sign-out did not come to go when the next one signs in", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  await saved(ctx, { photos: [100] });
  await run(ctx);
  await ctx.store.tx(["meta"], (tx) => tx.remove("meta", "current_user"));
  await takesOver(server, ctx, CAST.bo);
  assert.equal((await ctx.store.list("bytes")).length, 0);
});

test("signing out purges what was known and keeps the queue", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  server.reference.push({ cursor: "c1", changes: { projects: [{ id: "p1", name: "East works" }] }, removed: {}, outcomes: [] });
  await refresh(ctx);
  const waiting = await saved(ctx, { photos: [100] });
  await signOut(ctx);
  assert.equal(await currentUser(ctx), null);
  assert.equal((await ctx.store.list("ref")).length, 0);
  assert.equal((await summary(ctx, null)).others, 1);
  await takesOver(server, ctx, CAST.ana);
  await run(ctx);
  assert.equal((await record(ctx, waiting.id)).state, "sent");
});

test("an answer that the sign-out has overtaken signs nobody in again", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const { get } = ctx.send;
  ctx.send.get = async (...asked) => {
    const answer = await get(...asked);
    await signOut(ctx);
    return answer;
  };
  assert.equal(await signedIn(ctx), undefined);
  assert.equal(await currentUser(ctx), null);
});

test("the session that is being left signs nobody in again while the server has not heard of it; the next one does", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const { get } = ctx.send;
  let session = "the first";
  ctx.send.get = async (...asked) => {
    const answer = await get(...asked);
    if (asked[0].endsWith("/me")) answer.json.session = session;
    return answer;
  };
  await signedIn(ctx);
  const waiting = await saved(ctx);
  await signOut(ctx);
  assert.equal(await signedIn(ctx), undefined);
  await run(ctx);
  assert.equal(await currentUser(ctx), null);
  assert.equal((await record(ctx, waiting.id)).state, "saved");
  session = "the second";
  assert.equal((await signedIn(ctx)).id, CAST.ana.id);
  assert.equal((await currentUser(ctx)).id, CAST.ana.id);
});

test("no answer says nothing about who is signed in; a 401 says nobody, and Ana can go on writing", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  server.next({ on: /\/me/, drop: "before" }, { on: /\/me/, status: 200 }, { on: /\/me/, status: 401 });
  assert.equal(await signedIn(ctx), undefined);
  assert.equal(await signedIn(ctx), undefined, "a portal's 200");
  assert.equal(await signedIn(ctx), null);
  assert.equal((await currentUser(ctx)).id, CAST.ana.id);
  assert.equal((await saved(ctx)).owner, CAST.ana.id);
});

test("at a contact the server learns what is still out here, and the officer what the server knows", async () => {
  const server = new FakeServer();
  server.notices = [{ code: "previous-installation", n: 3 }];
  const ctx = await phone({ server });
  const visit = await saved(ctx);
  assert.equal(await contact(ctx), true);
  assert.deepEqual(server.devices[0], { owner: CAST.ana.id, last_seq: 1, queued: [{ id: visit.id, seq: 1 }], voided: [], persisted: true, app_version: "test" });
  assert.deepEqual(await notices(ctx), [{ code: "previous-installation", n: 3 }]);
});

test("under Bo's cookie Ana's open page tells nothing of her queue, forgets nothing, and is shown nothing of his", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  await saved(ctx);
  await ctx.store.tx(["meta"], (tx) => tx.put("meta", { key: `voided:${CAST.ana.id}`, value: [7] }));
  server.notices = [{ code: "previous-installation", n: 3 }];
  const hers = ctx.send;
  ctx.send = server.as(CAST.bo); // he has signed in in another tab, and this page has not heard of it yet
  assert.equal(await contact(ctx), false);
  assert.deepEqual([server.devices, await notices(ctx), await recall(ctx, `voided:${CAST.ana.id}`)], [[], [], [7]]);
  ctx.send = hers;
  assert.equal(await contact(ctx), true);
  assert.deepEqual(await notices(ctx), server.notices);
  ctx.send = server.as(CAST.bo);
  server.notices = [];
  await signedIn(ctx);
  assert.deepEqual(await notices(ctx), [], "what was said to Ana");
});

for (const heard of ["at the start", "while sending"]) {
  test(`Ana's account has ended, heard ${heard}: what was known goes, what waits is sent, she is told`, async () => {
    const server = new FakeServer();
    const ctx = await phone({ server });
    server.reference.push({ cursor: "c1", changes: { projects: [{ id: "p1", name: "East works" }] }, removed: {}, outcomes: [] });
    await refresh(ctx);
    const visit = await saved(ctx, { photos: [100] });
    const draft = await beginDraft(ctx, { form: { kind: "site", content: "half written" } });
    server.accessEnded = true;
    server.notices = [{ code: "access-ended" }];
    if (heard === "at the start") assert.equal((await signedIn(ctx)).id, CAST.ana.id);
    assert.equal((await run(ctx)).signIn, false, "signing in again would not help");
    assert.deepEqual(await ctx.store.list("ref"), []);
    assert.deepEqual(await notices(ctx), [{ code: "access-ended" }]);
    assert.equal((await record(ctx, visit.id)).state, "sent");
    await saveVisit(ctx, draft.id);
    await run(ctx);
    assert.equal((await record(ctx, draft.id)).state, "sent");
    assert.deepEqual(await refresh(ctx), { loaded: false, signIn: false });
    assert.equal(await read(ctx, "projects"), null);
  });
}

test("a password changed elsewhere: the run stops, the draft and the queue stay, and after signing in all goes", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visits = [await saved(ctx, { photos: [100, 200] }), await saved(ctx)];
  server.next({ on: /PUT/, then: () => (server.signedIn = false) }); // it changes while the first is on its way
  assert.equal((await run(ctx)).signIn, true);
  assert.equal(await signedIn(ctx), null);
  const draft = await beginDraft(ctx, { form: { kind: "site", content: "goes on writing" } });
  assert.equal(draft.owner, CAST.ana.id);
  assert.equal((await photosOf(ctx, visits[0].id)).every((photo) => photo.has_bytes), true);
  server.signedIn = true;
  await saveVisit(ctx, draft.id);
  await runUntilEmpty(ctx);
  for (const { id } of [...visits, draft]) assert.equal((await record(ctx, id)).state, "sent");
  assert.equal(server.raws.size, 3);
});
