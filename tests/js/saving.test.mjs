// Ana writes on a site without a network. What the phone calls saved is saved.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as drafts from "../../fieldapp/static/js/outbox/drafts.js";
import { dropRecord } from "../../fieldapp/static/js/outbox/dropping.js";
import { MAX_PHOTOS, addPhoto, orderPhotos, removePhoto } from "../../fieldapp/static/js/outbox/photo_list.js";
import { photoBytes, setPhoto } from "../../fieldapp/static/js/outbox/photos.js";
import { summary } from "../../fieldapp/static/js/outbox/state.js";
import { run } from "../../fieldapp/static/js/outbox/sender.js";
import { CAST, DAY, MINUTE, phone, photosOf, picture, record, saved } from "./phone.mjs";
import { FakeServer } from "./fake_server.mjs";

test("a saved visit has its number in the row, its time and its photos in order", async () => {
  const ctx = await phone();
  const draft = await drafts.beginDraft(ctx, { form: { kind: "site" }, title: "East works" });
  assert.equal(draft.state, "draft");
  assert.equal(draft.seq, null);
  const first = await addPhoto(ctx, draft.id, { bytes: picture(3000), type: "image/jpeg" });
  const second = await addPhoto(ctx, draft.id, { bytes: picture(2000), type: "image/jpeg" });
  await orderPhotos(ctx, draft.id, [second.id, first.id]);
  await setPhoto(ctx, first.id, { caption: "Pit", role: "before" });
  ctx.clock.pass(5 * MINUTE);
  const { record: kept, photos } = await drafts.saveVisit(ctx, draft.id);
  assert.equal(kept.state, "saved");
  assert.equal(kept.seq, 1);
  assert.equal(kept.recorded_at, "2026-11-20T09:41:00.000+08:00", "when the draft was begun, however late the save");
  assert.equal(kept.saved_at, ctx.clock.now());
  assert.deepEqual(photos.map((photo) => photo.id), [second.id, first.id]);
  assert.equal(photos[1].caption, "Pit");
  assert.equal((await saved(ctx)).seq, 2);
});

test("nothing is called saved before it has been read back", async () => {
  const ctx = await phone();
  const draft = await drafts.beginDraft(ctx, { form: { kind: "site", content: "first" } });
  const real = ctx.store.tx;
  // A browser that commits into the void: everything resolves and nothing is kept.
  ctx.store.tx = (stores, work) =>
    real(stores, (tx) => work({ ...tx, put: async () => {} }));
  await assert.rejects(drafts.saveVisit(ctx, draft.id), { name: "StoreProblem" });
  await assert.rejects(drafts.saveForm(ctx, draft.id, { kind: "site", content: "second" }), { name: "StoreProblem" });
  await assert.rejects(addPhoto(ctx, draft.id, { bytes: picture(100), type: "image/jpeg" }), { name: "StoreProblem" });
  ctx.store.tx = real;
  assert.equal((await record(ctx, draft.id)).state, "draft");
  assert.equal((await drafts.saveVisit(ctx, draft.id)).record.form.content, "first");
});

test("the officer writes on while the phone stores what was written, and takes a photo: neither is called a failure", async () => {
  const ctx = await phone();
  const form = { kind: "site", content: "a" };
  const real = ctx.store.get;
  ctx.store.get = async (store, key) => {
    form.content += "b";
    return real(store, key);
  };
  const draft = await drafts.beginDraft(ctx, { form });
  await drafts.saveForm(ctx, draft.id, form);
  ctx.store.get = real;
  const taken = Array.from({ length: 4 }, (_, i) => addPhoto(ctx, draft.id, { bytes: picture(300 + i), type: "image/jpeg" }));
  await Promise.all([drafts.saveForm(ctx, draft.id, form), ...taken]);
  const { record: kept, photos } = await drafts.saveVisit(ctx, draft.id);
  assert.equal(kept.form.content, form.content);
  assert.equal(photos.length, 4);
});

test("a photo whose bytes come back changed is not called stored", async () => {
  const ctx = await phone();
  const draft = await drafts.beginDraft(ctx);
  const real = ctx.store.get;
  ctx.store.get = async (store, key) => {
    const row = await real(store, key);
    return store === "bytes" && row ? { ...row, buf: picture(row.buf.byteLength, 99) } : row;
  };
  await assert.rejects(addPhoto(ctx, draft.id, { bytes: picture(500), type: "image/jpeg" }), { name: "StoreProblem" });
});

test("when the phone is full, the draft stays as it is and the form is told", async () => {
  const ctx = await phone();
  const draft = await drafts.beginDraft(ctx, { form: { kind: "site", content: "keep me" } });
  const photo = await addPhoto(ctx, draft.id, { bytes: picture(900), type: "image/jpeg" });
  const { QuotaProblem } = await import("../../fieldapp/static/js/outbox/problems.js");
  const real = ctx.store.tx;
  ctx.store.tx = (stores, work) =>
    real(stores, async (tx) => {
      await work(tx);
      throw new QuotaProblem();
    });
  await assert.rejects(drafts.saveVisit(ctx, draft.id), { code: "quota" });
  await assert.rejects(addPhoto(ctx, draft.id, { bytes: picture(900), type: "image/jpeg" }), { code: "quota" });
  ctx.store.tx = real;
  const now = await record(ctx, draft.id);
  assert.equal(now.state, "draft");
  assert.equal(now.form.content, "keep me");
  assert.deepEqual(now.photo_ids, [photo.id]);
  assert.equal((await photosOf(ctx, draft.id)).length, 1, "the photo that did not fit left nothing half-written");
  assert.equal((await drafts.saveVisit(ctx, draft.id)).record.seq, 1, "no number was used up");
});

test("the browser's own quota error, whatever its class, is recognised by its name", async () => {
  const ctx = await phone();
  const odd = Object.assign(new Error("full"), { name: "QuotaExceededError" });
  await assert.rejects(ctx.store.tx(["meta"], async () => { throw odd; }), { name: "QuotaProblem", code: "quota" });
  const dom = new DOMException("full", "QuotaExceededError");
  await assert.rejects(ctx.store.tx(["meta"], async () => { throw dom; }), { name: "QuotaProblem" });
});

test("sent photos make room for a new visit when the phone is full, unsent ones never", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const sent = await saved(ctx, { photos: [4000] });
  await run(ctx);
  const waiting = await saved(ctx, { photos: [5000] });
  const draft = await drafts.beginDraft(ctx);
  const real = ctx.store.tx;
  const { QuotaProblem } = await import("../../fieldapp/static/js/outbox/problems.js");
  ctx.store.tx = (stores, work) =>
    real(stores, async (tx) => {
      const result = await work({
        ...tx,
        put: async (store, value) => {
          if (store === "bytes" && (await tx.list("bytes")).length >= 2) throw new QuotaProblem();
          await tx.put(store, value);
        },
      });
      return result;
    });
  await addPhoto(ctx, draft.id, { bytes: picture(3000), type: "image/jpeg" });
  const [old] = await photosOf(ctx, sent.id);
  const [kept] = await photosOf(ctx, waiting.id);
  assert.equal(old.has_bytes, false);
  assert.equal(kept.has_bytes, true);
  assert.equal((await photoBytes(ctx, kept.id)).byteLength, 5000);
});

test("every change is kept as it is typed, and another day's page finds the draft again", async () => {
  const ctx = await phone();
  const draft = await drafts.beginDraft(ctx, { form: { kind: "site" } });
  await drafts.saveForm(ctx, draft.id, { kind: "site", content: "half a sen" }, { said: "this_morning", at: "2026-11-20T10:00:00+08:00" }, "East works");
  await addPhoto(ctx, draft.id, { bytes: picture(700), type: "image/jpeg" });
  ctx.alive.delete(ctx.tab); // the system has killed the page while the camera was open
  const again = await phone({ like: ctx });
  const { record: shown, photos } = await drafts.editRecord(again, draft.id);
  assert.equal(shown.form.content, "half a sen");
  assert.equal(shown.title, "East works");
  assert.equal(shown.occurred.said, "this_morning");
  assert.equal((await photoBytes(again, photos[0].id)).byteLength, 700);
});

test("a photo taken out comes back with undo, and its bytes go only with the save", async () => {
  const ctx = await phone();
  const draft = await drafts.beginDraft(ctx, { form: { kind: "site" } });
  const keep = await addPhoto(ctx, draft.id, { bytes: picture(700), type: "image/jpeg" });
  const out = await addPhoto(ctx, draft.id, { bytes: picture(800), type: "image/jpeg" });
  await removePhoto(ctx, out.id);
  assert.equal((await photoBytes(ctx, out.id)).byteLength, 800);
  await orderPhotos(ctx, draft.id, [out.id, keep.id]);
  await removePhoto(ctx, out.id);
  const { photos } = await drafts.saveVisit(ctx, draft.id);
  assert.deepEqual(photos.map((photo) => photo.id), [keep.id]);
  assert.equal(await photoBytes(ctx, out.id), null);
});

test("a photo belongs to its record: another's photo cannot be listed", async () => {
  const ctx = await phone();
  const one = await drafts.beginDraft(ctx);
  const other = await drafts.beginDraft(ctx);
  const photo = await addPhoto(ctx, other.id, { bytes: picture(100), type: "image/jpeg" });
  assert.deepEqual((await orderPhotos(ctx, one.id, [photo.id])).photo_ids, []);
});

test("the twenty-first photo is refused with a word, and so is a book for a text", async () => {
  const ctx = await phone();
  const draft = await drafts.beginDraft(ctx, { form: { kind: "site" } });
  for (let n = 0; n < MAX_PHOTOS; n += 1) await addPhoto(ctx, draft.id, { bytes: picture(10, n), type: "image/jpeg" });
  await assert.rejects(addPhoto(ctx, draft.id, { bytes: picture(10), type: "image/jpeg" }), { code: "too-many-photos" });
  await drafts.saveForm(ctx, draft.id, { kind: "site", content: "字".repeat(400_000) });
  await assert.rejects(drafts.saveVisit(ctx, draft.id), { code: "too-large" });
  assert.equal((await record(ctx, draft.id)).form.content.length, 400_000);
});

test("nobody has signed in on this phone: a visit has no owner yet", async () => {
  const ctx = await phone({ user: null });
  await assert.rejects(drafts.beginDraft(ctx), { code: "owner-unknown" });
});

test("a dropped draft leaves nothing; a dropped saved visit reports its number as voided", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const draft = await drafts.beginDraft(ctx);
  await addPhoto(ctx, draft.id, { bytes: picture(100), type: "image/jpeg" });
  await dropRecord(ctx, draft.id);
  assert.equal((await ctx.store.list("bytes")).length, 0);
  const one = await saved(ctx);
  await dropRecord(ctx, one.id);
  server.next({ on: /devices/, drop: "after" });
  await run(ctx);
  ctx.clock.pass(DAY);
  await run(ctx);
  assert.deepEqual(server.voidedSeen, [1, 1], "repeated until acknowledged");
  await run(ctx);
  ctx.clock.pass(DAY);
  await run(ctx);
  assert.deepEqual(server.devices.at(-1).voided, []);
  assert.equal(server.devices.at(-1).last_seq, 1);
  assert.equal(server.raws.size, 0);
});

test("the clock's offset travels when it was measured within a day, and only then", async () => {
  const server = new FakeServer();
  server.clockOffset = -90_000;
  const ctx = await phone({ server });
  await run(ctx);
  const fresh = await saved(ctx);
  assert.equal(fresh.clock_offset_ms, -90_000);
  ctx.clock.pass(2 * DAY);
  const stale = await saved(ctx);
  assert.equal(stale.clock_offset_ms, null);
});

test("the summary counts each record once, in the words of the outbox", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  await drafts.beginDraft(ctx);
  await saved(ctx);
  const now = await summary(ctx, CAST.ana.id);
  assert.deepEqual(now, { drafts: 1, saved: 1, waiting: 0, sending: 0, needs_you: 0, sent_recently: 0, others: 0 });
  await run(ctx);
  assert.equal((await summary(ctx, CAST.ana.id)).sent_recently, 1);
});

test("with a save the browser is asked never to evict this origin; its refusal changes nothing", async () => {
  const ctx = await phone();
  await saved(ctx);
  assert.equal(ctx.askedToPersist, true);
  ctx.persist = async () => {
    throw new DOMException("no", "NotAllowedError");
  };
  assert.equal((await saved(ctx)).state, "saved");
});

test("after a save the project is the first of the recent ones, with the kind used there", async () => {
  const ctx = await phone();
  const { read } = await import("../../fieldapp/static/js/outbox/reference.js");
  await saved(ctx, { form: { project: "p1" } });
  await saved(ctx, { form: { project: "p2" } });
  await saved(ctx, { form: { project: "p1", kind: "phone" } });
  assert.deepEqual(await read(ctx, "recent_projects"), ["p1", "p2"]);
  assert.deepEqual(await read(ctx, "last_kind_by_project"), { p1: "phone", p2: "site" });
});
