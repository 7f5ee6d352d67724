// What a browser does while kills.py kills it: served by the test's own wire at /_t/, under the application's policy.
// First it tells everything that it holds, byte for byte; then it saves visits with photos, one after the other, and
// says so of each at the moment when the form would show "saved on this phone".
const asked = new URLSearchParams(location.search);
const at = (name) => import(`${asked.get("js")}outbox/${name}.js`);
const [{ openContext }, drafts, { dropRecord }, { sha256Hex }, { check }, { addPhoto }] = await Promise.all(
  ["context", "drafts", "dropping", "hash", "loss", "photo_list"].map(at),
);

const tell = async (what, content) => (await fetch(`/_t/${what}`, { method: "POST", body: JSON.stringify(content) })).json();

const holds = async (ctx) => {
  const records = await ctx.store.list("records");
  const bytes = await ctx.store.list("bytes");
  const lying = await Promise.all(bytes.map(async ({ id, buf }) => [id, await sha256Hex(buf)]));
  return { records, bytes: Object.fromEntries(lying), loss: await check(ctx) };
};

const noise = (size) => {
  const bytes = new Uint8Array(size);
  for (let from = 0; from < size; from += 65_536) crypto.getRandomValues(bytes.subarray(from, Math.min(size, from + 65_536)));
  return bytes.buffer;
};

const saveOne = async (ctx, n) => {
  const form = { kind: "site_inspection", progress: `第${n}次 ${crypto.randomUUID()}`, needs: "水".repeat(n * 37 % 3000), issue_events: [] };
  const draft = await drafts.beginDraft(ctx, { owner: asked.get("owner"), form });
  const photos = {};
  for (let k = 0; k < n % 4; k += 1) {
    const bytes = noise(10_000 + ((n * 7919 + k * 104_729) % 400_000));
    const sha256 = await sha256Hex(bytes.slice(0));
    photos[(await addPhoto(ctx, draft.id, { bytes, type: "image/jpeg" })).id] = sha256;
  }
  const { record } = await drafts.saveVisit(ctx, draft.id);
  void tell("said", { id: record.id, form, photos });
};

try {
  const ctx = await openContext({ appVersion: "kills", jar: document });
  const { drop } = await tell("held", await holds(ctx));
  for (const id of drop) {
    await dropRecord(ctx, id).catch((error) => {
      if (error.constructor.name !== "AlreadyReceived") throw error; // what was written by hand may have been sent since
    });
  }
  for (let n = 1; ; n += 1) await saveOne(ctx, n);
} catch (error) {
  await tell("failed", String(error?.stack ?? error));
}
