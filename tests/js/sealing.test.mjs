// Once sealed, the bytes never change: they are what is sent, exported and hashed, for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as drafts from "../../fieldapp/static/js/outbox/drafts.js";
import { dropRecord } from "../../fieldapp/static/js/outbox/dropping.js";
import { addPhoto, removePhoto } from "../../fieldapp/static/js/outbox/photo_list.js";
import { seal } from "../../fieldapp/static/js/outbox/seal.js";
import { photoBytes, replaceBytes, shrinkPhoto } from "../../fieldapp/static/js/outbox/photos.js";
import { run, wake } from "../../fieldapp/static/js/outbox/sender.js";
import { edited, phone, photosOf, picture, record, saved } from "./phone.mjs";
import { FakeServer, sha } from "./fake_server.mjs";

const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
const LOST = { on: /PUT/, drop: "before" };

test("the envelope is the contract's, and its hash names its bytes", async () => {
  const ctx = await phone();
  const visit = await saved(ctx, { photos: [1234], form: { said_when: "yesterday" } });
  const sealed = await seal(ctx, visit.id);
  assert.equal(sealed.sha256, sha(sealed.sealed));
  const envelope = json(sealed.sealed);
  const { id, type, schema, rev, replaces, owner, seq, occurred_at, recorded_at, photos, body } = envelope;
  assert.deepEqual({ id, type, schema, rev, replaces, owner, seq }, { id: visit.id, type: "visit", schema: 1, rev: 1, replaces: null, owner: visit.owner, seq: 1 });
  assert.equal(occurred_at, recorded_at);
  assert.equal(body.said_when, "now", "what the record says of its time is what the body says");
  assert.equal(photos[0].size, 1234);
  assert.equal(photos[0].sha256, sha(picture(1234, 1234)));
  assert.match(envelope.device, /^[0-9a-f-]{36}$/);
});

test("sealing twice gives the same bytes, whatever the app has become", async () => {
  const ctx = await phone();
  const visit = await saved(ctx);
  const first = await seal(ctx, visit.id);
  ctx.appVersion = "a later version";
  const again = await seal(ctx, visit.id);
  assert.deepEqual(new Uint8Array(again.sealed), new Uint8Array(first.sealed));
});

test("a draft is never sealed, nor what is open in a form, nor a photo still being made smaller", async () => {
  const ctx = await phone();
  const draft = await drafts.beginDraft(ctx);
  await assert.rejects(seal(ctx, draft.id), { code: "not-saved" });
  const visit = await saved(ctx);
  await drafts.editRecord(ctx, visit.id);
  await assert.rejects(seal(ctx, visit.id), { name: "LeaseHeld" });
  ctx.shrink = () => new Promise(() => {});
  const other = await saved(ctx, { photos: [500] });
  await assert.rejects(seal(ctx, other.id), { code: "shrinking" });
  ctx.clock.pass(61_000);
  assert.equal((await seal(ctx, other.id)).state, "sealed", "after a minute what there is goes");
});

test("the small version swaps in before sealing and never after", async () => {
  const small = { bytes: picture(300, 5), type: "image/jpeg", width: 20, height: 10, thumb: picture(50) };
  const ctx = await phone({ shrink: async () => small });
  const visit = await saved(ctx, { photos: [5000] });
  const [photo] = await photosOf(ctx, visit.id);
  const swapped = await shrinkPhoto(ctx, photo.id);
  assert.equal(swapped.sha256, sha(small.bytes));
  assert.equal(swapped.sha256_camera, sha(picture(5000, 5000)));
  assert.equal(swapped.thumb.byteLength, 50);
  await seal(ctx, visit.id);
  const late = await replaceBytes(ctx, photo.id, { ...small, bytes: picture(200, 9) });
  assert.equal(late.sha256, sha(small.bytes));
  assert.equal((await photoBytes(ctx, photo.id)).byteLength, 300);
});

test("a photo that cannot be made smaller (HEIC) goes up as the camera gave it", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server, shrink: async () => ({ failed: "InvalidStateError" }) });
  const draft = await drafts.beginDraft(ctx, { form: { kind: "site" } });
  const photo = await addPhoto(ctx, draft.id, { bytes: picture(900), type: "image/heic" });
  const kept = await shrinkPhoto(ctx, photo.id);
  assert.equal(kept.shrink_failed, "InvalidStateError");
  await drafts.saveVisit(ctx, draft.id);
  await run(ctx);
  assert.equal(sha(server.photos.get(photo.id).bytes), sha(picture(900)));
});

test("a page killed before hashing or shrinking: the sender does what was left", async () => {
  const server = new FakeServer();
  const small = { bytes: picture(300, 5), type: "image/jpeg", width: 20, height: 10, thumb: null };
  const ctx = await phone({ server });
  const visit = await saved(ctx, { photos: [5000] });
  const [photo] = await photosOf(ctx, visit.id);
  await ctx.store.put("photos", { ...photo, sha256: null, sha256_camera: null });
  ctx.shrink = async () => small;
  await run(ctx);
  assert.equal(server.photos.get(photo.id).sha256, sha(small.bytes));
  assert.equal(server.envelopes(visit.id)[0].photos[0].sha256_camera, sha(picture(5000, 5000)));
});

test("an edit before the first attempt changes the record itself", async () => {
  const ctx = await phone();
  const visit = await saved(ctx, { content: "first" });
  const after = await edited(ctx, visit.id, "second");
  assert.deepEqual([after.rev, after.replaces, after.seq], [1, null, 1]);
  assert.equal(json((await seal(ctx, visit.id)).sealed).body.content, "second");
});

test("an edit after sealing makes revision 2 that names revision 1; same id, same number", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx, { content: "first" });
  server.next(LOST);
  await run(ctx);
  const sealed = await record(ctx, visit.id);
  assert.equal(sealed.state, "sealed");
  const after = await edited(ctx, visit.id, "second");
  assert.deepEqual([after.rev, after.replaces, after.seq, after.sealed], [2, sealed.sha256, 1, null]);
  await run(ctx);
  const [envelope] = server.envelopes(visit.id);
  assert.deepEqual([envelope.rev, envelope.replaces, envelope.body.content], [2, sealed.sha256, "second"]);
});

test("revision 1 had arrived although its answer was lost: both are there, and revision 2 is receipted", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx, { content: "first" });
  server.next({ on: /PUT/, drop: "after" });
  await run(ctx);
  await edited(ctx, visit.id, "second");
  await wake(ctx, "manual");
  await run(ctx);
  assert.deepEqual(server.envelopes(visit.id).map((one) => one.rev), [1, 2]);
  assert.equal((await record(ctx, visit.id)).state, "sent");
});

test("after a 2xx an edit is refused: what follows is a supplement", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx, { photos: [400] });
  server.next({ on: /POST .*uploads/, drop: "before", always: true });
  await run(ctx);
  assert.equal((await record(ctx, visit.id)).state, "sealed");
  await assert.rejects(drafts.editRecord(ctx, visit.id), { name: "AlreadyReceived" });
  await assert.rejects(dropRecord(ctx, visit.id), { name: "AlreadyReceived" });
  const supplement = await saved(ctx, { type: "supplement", form: { visit: visit.id, type: "addition", text: "and one more thing" } });
  await run(ctx);
  assert.equal(server.envelopes(supplement.id)[0].body.visit, visit.id);
  assert.equal(server.count(/PUT .*events/), 1);
});

test("the edit of a killed page never goes out by itself; what was saved does", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx, { content: "as saved" });
  await drafts.editRecord(ctx, visit.id);
  await drafts.saveForm(ctx, visit.id, { kind: "site", content: "half an ed" });
  await run(ctx);
  assert.equal(server.raws.size, 0, "open in a form: not sent");
  ctx.alive.delete(ctx.tab);
  const later = await phone({ server, like: ctx });
  await wake(later, "open");
  await run(later);
  assert.equal(server.envelopes(visit.id)[0].body.content, "as saved");
  assert.equal((await record(ctx, visit.id)).edit.form.content, "half an ed", "and the half edit is still there to be looked at");
});

test("a photo added in a revision is uploaded, one taken out is not", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx, { photos: [100] });
  const [out] = await photosOf(ctx, visit.id);
  server.next(LOST);
  await run(ctx);
  await drafts.editRecord(ctx, visit.id);
  await removePhoto(ctx, out.id);
  const added = await addPhoto(ctx, visit.id, { bytes: picture(222), type: "image/jpeg" });
  await drafts.saveVisit(ctx, visit.id);
  await wake(ctx, "manual");
  await run(ctx);
  assert.deepEqual([...server.photos.keys()], [added.id]);
  assert.equal((await record(ctx, visit.id)).state, "sent");
});
