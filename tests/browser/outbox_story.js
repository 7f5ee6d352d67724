// Evaluated in a page by test_outbox.py: opens an outbox of its own, beside that of the page and its behaviours.
async (kind) => {
  const source = document.querySelector("script[type=module][src*='/js/']").src;
  const root = source.replace(/\/js\/.*/, "/js/");
  const at = (name) => import(`${root}outbox/${name}.js`);
  const { openContext, shrinkWorker } = await at("context");
  const [drafts, { addPhoto }, { shrinkPhoto }, sender, state, devices, reference] = await Promise.all(
    ["drafts", "photo_list", "photos", "sender", "state", "devices", "reference"].map(at),
  );
  const shrink = shrinkWorker(`${root}worker/shrink.js`);
  const ctx = await openContext({ name: "story", appVersion: "test", jar: document, shrink });

  const scene = async (width, height, type = "image/jpeg") => {
    const canvas = new OffscreenCanvas(width, height);
    const pen = canvas.getContext("2d");
    for (let n = 0; n < 400; n += 1) {
      pen.fillStyle = `hsl(${(n * 47) % 360} 60% ${30 + (n % 50)}%)`;
      pen.fillRect((n * 131) % width, (n * 197) % height, width / 7, height / 9);
    }
    return (await canvas.convertToBlob({ type, quality: 0.9 })).arrayBuffer();
  };

  const save = async (content, photos, type = "image/jpeg", more = null) => {
    const draft = await drafts.beginDraft(ctx, { form: { kind, content, typed_project: "East works" } });
    for (const bytes of photos) {
      const { id } = await addPhoto(ctx, draft.id, { bytes, type });
      const photo = await shrinkPhoto(ctx, id);
      if (more) await ctx.store.put("photos", { ...photo, ...more });
    }
    return (await drafts.saveVisit(ctx, draft.id)).record.id;
  };

  // The page may be sending its own, empty, outbox this very moment.
  const run = async () => {
    for (;;) {
      const result = await sender.run(ctx);
      if (!result.locked) return result;
      await navigator.locks.request("outbox", async () => {});
    }
  };

  const rows = async () => {
    const me = await state.currentUser(ctx);
    return (await state.outbox(ctx, me.id)).map(({ record, photos, place }) => ({
      id: record.id,
      place,
      seq: record.seq,
      state: record.receipt?.state ?? null,
      problem: record.problem,
      photos: photos.map(({ thumb, ...photo }) => photo),
    }));
  };

  // An EXIF segment that says: turn it a quarter to the right.
  const head = [0xff, 0xe1, 0, 34, 69, 120, 105, 102, 0, 0, 77, 77, 0, 42, 0, 0, 0, 8];
  const quarterTurn = [...head, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
  return { ctx, drafts, sender, state, devices, reference, scene, save, run, rows, quarterTurn };
}
