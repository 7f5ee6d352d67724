// The last resort: one file with everything, importable at a desk, and nothing removed here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { beginDraft, editRecord, saveForm, saveVisit } from "../../fieldapp/static/js/outbox/drafts.js";
import { addPhoto } from "../../fieldapp/static/js/outbox/photo_list.js";
import { exportForm, exportRecords } from "../../fieldapp/static/js/outbox/exporter.js";
import { run } from "../../fieldapp/static/js/outbox/sender.js";
import { CAST, phone, photosOf, picture, record, saved } from "./phone.mjs";
import { FakeServer, sha } from "./fake_server.mjs";

const open = ({ bytes }) => JSON.parse(new TextDecoder().decode(bytes));
const raw = (line) => Buffer.from(line.raw_b64, "base64");

test("the file holds the sealed bytes, the photos and their hashes; the phone keeps all", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  await run(ctx);
  const visit = await saved(ctx, { photos: [300_000, 20], content: "“字” \u2028 end" });
  const event = await saved(ctx, { type: "issue_event", form: { issue: "i", type: "progress" } });
  const made = await exportRecords(ctx, [visit.id, event.id]);
  assert.equal(made.name, "fieldapp-export-20261120-094100.json");
  const file = open(made);
  assert.equal(file.format, "fieldapp-export/1");
  assert.equal(file.server_epoch, "epoch-1");
  assert.equal(file.device, (await ctx.store.get("meta", "device")).value.id);
  assert.deepEqual(file.records.map((line) => [line.id, line.type]), [[visit.id, "visit"], [event.id, "issue_event"]]);
  for (const line of file.records) assert.equal(sha(raw(line)), line.sha256);
  assert.equal(JSON.parse(raw(file.records[0])).owner, CAST.ana.id);
  for (const photo of file.records[0].photos) {
    const bytes = Buffer.from(photo.b64, "base64");
    assert.deepEqual([sha(bytes), bytes.length], [photo.sha256, photo.size]);
  }
  assert.equal((await record(ctx, visit.id)).state, "sealed");
  assert.equal((await ctx.store.list("bytes")).length, 2);
  await run(ctx);
  assert.equal([...server.raws.get(visit.id).keys()][0], file.records[0].sha256, "sent later as the same bytes: one record");
});

test("an edit after an export is a revision of what was exported", async () => {
  const ctx = await phone();
  const visit = await saved(ctx);
  const [line] = open(await exportRecords(ctx, [visit.id])).records;
  await editRecord(ctx, visit.id);
  await saveForm(ctx, visit.id, { kind: "site", content: "other" });
  const after = (await saveVisit(ctx, visit.id)).record;
  assert.deepEqual([after.rev, after.replaces], [2, line.sha256]);
});

test("a record open in a form, or with a photo still being made smaller, is exported as it was saved", async () => {
  const ctx = await phone();
  ctx.shrink = () => new Promise(() => {});
  const visit = await saved(ctx, { photos: [50], content: "as saved" });
  await editRecord(ctx, visit.id);
  await saveForm(ctx, visit.id, { kind: "site", content: "half" });
  const [line] = open(await exportRecords(ctx, [visit.id])).records;
  assert.equal(JSON.parse(raw(line)).body.content, "as saved");
  assert.equal(line.photos.length, 1);
});

test("a draft can be exported too; saved later, it becomes the next revision", async () => {
  const ctx = await phone();
  const draft = await beginDraft(ctx, { form: { kind: "site", content: "only a draft" } });
  await addPhoto(ctx, draft.id, { bytes: picture(60), type: "image/jpeg" });
  const [line] = open(await exportRecords(ctx, [draft.id])).records;
  const envelope = JSON.parse(raw(line));
  assert.deepEqual([envelope.seq, envelope.rev, envelope.body.content], [null, 1, "only a draft"]);
  assert.equal((await record(ctx, draft.id)).state, "draft");
  const kept = (await saveVisit(ctx, draft.id)).record;
  assert.deepEqual([kept.rev, kept.replaces, kept.seq], [2, line.sha256, 1]);
  assert.equal(kept.device, envelope.device, "from the same hand, or the server would take it for a variant");
});

test("a form exported twice for want of room, then saved after all: three revisions of one hand", async () => {
  const ctx = await phone();
  const draft = await beginDraft(ctx, { form: { kind: "site", content: "one" } });
  const loose = { photo: { id: "l", type: "image/jpeg" }, bytes: picture(70) };
  const lines = [];
  for (const content of ["two", "three"]) {
    const shown = { ...draft, form: { kind: "site", content } };
    lines.push(open(await exportForm(ctx, shown, [loose])).records[0]);
    await saveForm(ctx, draft.id, shown.form);
  }
  const said = lines.map((line) => JSON.parse(raw(line)));
  const kept = (await saveVisit(ctx, draft.id)).record;
  assert.deepEqual([...said, kept].map(({ rev, replaces, device }) => [rev, replaces, device]), [
    [1, null, kept.device], [2, lines[0].sha256, kept.device], [3, lines[1].sha256, kept.device],
  ]);
});

test("when not even the draft could be stored, the form on the screen still makes a file", async () => {
  const ctx = await phone();
  const draft = await beginDraft(ctx, { form: { kind: "site", content: "typed" } });
  const photo = await addPhoto(ctx, draft.id, { bytes: picture(70), type: "image/jpeg" });
  ctx.store.tx = async () => {
    throw new Error("gone");
  };
  ctx.store.get = ctx.store.tx;
  const [line] = open(await exportForm(ctx, draft, [{ photo, bytes: picture(70) }])).records;
  assert.equal(sha(raw(line)), line.sha256);
  assert.equal(JSON.parse(raw(line)).photos[0].sha256, sha(picture(70)));
  assert.equal(line.photos[0].b64, Buffer.from(picture(70)).toString("base64"));
});

test("a photo loose on the page, of which the store knows nothing, makes a whole claim", async () => {
  const ctx = await phone();
  const draft = await beginDraft(ctx, { form: { kind: "site" } });
  const loose = { id: "l", type: "image/jpeg", taken_at: "2026-11-20T09:40:00+08:00", size: 70, role: "progress", caption: "" };
  const [line] = open(await exportForm(ctx, draft, [{ photo: loose, bytes: picture(70) }])).records;
  const [claim] = JSON.parse(raw(line)).photos;
  assert.deepEqual([claim.viewpoint, claim.sensitive, claim.exif_claimed], ["", false, {}]);
});

test("sent photos whose bytes have gone are listed without them", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx, { photos: [70] });
  await run(ctx);
  const [photo] = await photosOf(ctx, visit.id);
  await ctx.store.put("photos", { ...photo, has_bytes: false });
  assert.equal(open(await exportRecords(ctx, [visit.id])).records[0].photos[0].b64, null);
});
