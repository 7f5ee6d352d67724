// A phone filled to the brim: what is on it can still be sent, or at least be kept as a file.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exportRecords } from "../../fieldapp/static/js/outbox/exporter.js";
import { QuotaProblem } from "../../fieldapp/static/js/outbox/problems.js";
import { run, wake } from "../../fieldapp/static/js/outbox/sender.js";
import { FakeServer, sha } from "./fake_server.mjs";
import { phone, record, saved } from "./phone.mjs";

/** From now on not one more byte fits than is there; what goes makes room. */
async function fillUp(ctx) {
  const size = (value) =>
    JSON.stringify(value, (_, part) => (ArrayBuffer.isView(part) || part instanceof ArrayBuffer ? "x".repeat(part.byteLength) : part)).length;
  const stores = ["records", "photos", "bytes", "ref", "meta"];
  let most = 0;
  for (const name of stores) for (const row of await ctx.store.list(name)) most += size(row);
  let used = most;
  const real = ctx.store.tx;
  ctx.store.tx = async (names, work) => {
    const before = used;
    try {
      return await real(names, (tx) =>
        work({
          ...tx,
          put: async (store, value) => {
            const known = await tx.get(store, value.id ?? value.key);
            used += size(value) - (known ? size(known) : 0);
            if (used > most) throw new QuotaProblem();
            await tx.put(store, value);
          },
          remove: async (store, key) => {
            const known = await tx.get(store, key);
            used -= known ? size(known) : 0;
            await tx.remove(store, key);
          },
        }),
      );
    } catch (error) {
      used = before;
      throw error;
    }
  };
  ctx.store.put = (store, value) => ctx.store.tx([store], (tx) => tx.put(store, value));
  return { shrink: (bytes) => (most -= bytes) };
}

const reserved = (ctx) => ctx.store.count("meta", null, "reserve");

test("not a byte is free: everything goes all the same", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visits = [await saved(ctx, { photos: [900] }), await saved(ctx), await saved(ctx, { photos: [300, 400] })];
  while (!(await reserved(ctx))) await new Promise(setImmediate);
  await fillUp(ctx);
  await wake(ctx, "manual");
  const { sent } = await run(ctx);
  assert.equal(sent, 3);
  for (const { id } of visits) assert.equal((await record(ctx, id)).state, "sent");
});

test("not even the reserve is there any more: nothing is lost, and it can be kept as a file", async () => {
  const server = new FakeServer();
  const ctx = await phone({ server });
  const visit = await saved(ctx, { photos: [900], content: "on a full phone" });
  while (!(await reserved(ctx))) await new Promise(setImmediate);
  await ctx.store.tx(["meta"], (tx) => tx.remove("meta", "reserve"));
  const full = await fillUp(ctx);
  full.shrink(1);
  await assert.rejects(run(ctx), { code: "quota" });
  assert.equal((await record(ctx, visit.id)).state, "saved");
  const { bytes } = await exportRecords(ctx, [visit.id]);
  const [line] = JSON.parse(new TextDecoder().decode(bytes)).records;
  assert.equal(line.photos.length, 1);
  full.shrink(-1_000_000); // the officer has deleted a film
  await run(ctx);
  assert.equal((await record(ctx, visit.id)).state, "sent");
  assert.deepEqual([...server.raws.get(visit.id).keys()], [line.sha256], "the file and the phone are one record");
  assert.equal(sha(Buffer.from(line.raw_b64, "base64")), line.sha256);
  assert.equal(await reserved(ctx), 1);
});
