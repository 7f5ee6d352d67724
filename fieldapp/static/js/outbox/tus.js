/**
 * One photo goes up: tus 1.0 with creation-with-upload and checksums (docs/sync-protocol.md 8). Where the network is known
 * to be quick a request carries the whole photo, else 128 KB; after a failure 64 KB, and then twice as much each time. Whatever arrives of a request is kept there, so nothing
 * is sent that may be there already: what is begun is asked about first. Only a receipt makes a photo `stored`.
 * @import { Answer, Ctx, OutboxRecord, Photo, Receipt } from "./types.js"
 */
import { base64, fromBase64, sha256, sha256Hex } from "./hash.js";
import { isReceiptFor } from "./receipts.js";
import { withdrawPhotoIn } from "./records.js";
import { ask, backOff, isPassing, problemCode } from "./wire.js";

const UPLOADS = "/api/v1/uploads";
const SMALLEST = 64 * 1024;
const CHECKSUM_MOST = 256 * 1024;
const STEPS = 2_000;
const CONFLICTS = 3;
const BAD_HASHES = 3;
const TIMEOUT_BASE_MS = 20_000;
const SLOWEST_BYTES_PER_MS = 2;
/**
 * More than the system takes off the browser's hands at once must not wait on a slow network: should the connection die
 * unnoticed, Chromium hangs with all its requests on it until the system gives up, after a quarter of an hour. Behind a
 * piece that has been handed over it finds out within 20 s.
 */
const HANDED_OVER = 128 * 1024;
const QUICK_BYTES_PER_MS = 100;
/** A network that is so many times slower than it just was counts as gone. */
const SLOWER_THAN_BEFORE = 8;
const TELLS_THE_PACE = 32 * 1024;
const TIMEOUT_MOST_MS = 300_000;

/**
 * @typedef {"done"|"later"|"offline"|"signed-out"|"not-owner"|"record-unknown"|"stuck"} End
 * @typedef {{end: End, receipt: Receipt|null}} Result
 * @typedef {object} Upload  one run at one photo
 * @property {Ctx} ctx
 * @property {OutboxRecord} record
 * @property {Photo} photo  as stored last
 * @property {ArrayBuffer} bytes
 * @property {number|null} offset  null = ask the server
 * @property {number} conflicts
 * @property {number} recreated
 * @property {boolean} begun  bytes of it have been sent before: some may be there, and their request may still be listened to
 * @property {(ms: number) => Promise<void>} beat
 * @property {Pace} pace
 *
 * @typedef {{bytesPerMs: number}} Pace  what the last upload of this run reached; 0: not known
 */

/**
 * @param {Ctx} ctx
 * @param {Photo} photo
 * @param {OutboxRecord} record
 * @param {(ms: number) => Promise<void>} [beat]  told before each request how long it may take
 * @param {Pace} [pace]
 * @returns {Promise<Result>}
 */
export async function uploadPhoto(ctx, photo, record, beat = async () => {}, pace = { bytesPerMs: 0 }) {
  const bytes = /** @type {ArrayBuffer|undefined} */ ((await ctx.store.get("bytes", photo.id))?.buf);
  if (!bytes) return withdraw(ctx, photo, record, "lost");
  const now = await update(ctx, photo, { state: "uploading", begun: true });
  if (!now) return { end: "done", receipt: null };
  const begun = photo.begun === true;
  /** @type {Upload} */
  const upload = { ctx, record, photo: now, bytes, offset: null, conflicts: 0, recreated: 0, begun, beat, pace };
  for (let steps = 0; steps < STEPS; steps += 1) {
    const result = await step(upload);
    if (result) return result;
  }
  return later(upload, null);
}

/**
 * @param {Upload} upload
 * @returns {Promise<Result|null>} null: go on
 */
async function step(upload) {
  if (!upload.photo.upload_url) return create(upload);
  if (upload.offset === null) return locate(upload);
  return append(upload, upload.offset);
}

/**
 * With the first bytes of it; without any where some may have arrived: the answer then says how many.
 * @param {Upload} upload
 * @returns {Promise<Result|null>}
 */
async function create(upload) {
  const piece = upload.begun ? NOTHING : await cut(upload, 0);
  const { photo, record } = upload;
  const answer = await request(upload, "post", UPLOADS, piece, {
    "Upload-Length": String(upload.bytes.byteLength),
    "Upload-Metadata": metadata({ record: record.id, photo: photo.id, sha256: photo.sha256 ?? "" }),
  });
  const code = problemCode(answer);
  const location = answer.headers["location"];
  if (answer.status === 201 && location) {
    await save(upload, { upload_url: samePath(location) });
    return accepted(upload, answer, piece.bytes.byteLength);
  }
  if (answer.status === 409 && code === "photo-differs") return stuck(upload, answer, code);
  if (answer.status === 404 && code === "record-unknown") return recordUnknown(upload);
  return common(upload, answer, piece.bytes.byteLength);
}

/**
 * HEAD: how much has arrived?
 * @param {Upload} upload
 * @returns {Promise<Result|null>}
 */
async function locate(upload) {
  const answer = await request(upload, "head", /** @type {string} */ (upload.photo.upload_url), null, {});
  const offset = offsetOf(answer);
  if ((answer.status === 200 || answer.status === 204) && offset !== null && offset <= upload.bytes.byteLength) {
    upload.offset = offset;
    await save(upload, { offset });
    return null;
  }
  if (answer.status === 404 || answer.status === 410) return again(upload, answer);
  return common(upload, answer, 0);
}

/**
 * PATCH. Nothing left to send is an empty one: it makes the server look at the whole. What an earlier request has begun
 * goes on with an empty one too: where that request is still listened to, the answer is 423, and no bytes are lost on it.
 * @param {Upload} upload
 * @param {number} at
 * @returns {Promise<Result|null>}
 */
async function append(upload, at) {
  const piece = upload.begun ? NOTHING : await cut(upload, at);
  const answer = await request(upload, "patch", /** @type {string} */ (upload.photo.upload_url), piece, {
    "Upload-Offset": String(at),
  });
  if (answer.status === 204 || answer.status === 200) upload.begun = false;
  if (answer.status === 204 || answer.status === 200) return accepted(upload, answer, piece.bytes.byteLength);
  if (answer.status === 404 || answer.status === 410) return again(upload, answer);
  if (answer.status === 409) {
    upload.conflicts += 1;
    upload.offset = null;
    return upload.conflicts > CONFLICTS ? later(upload, answer) : null;
  }
  return common(upload, answer, piece.bytes.byteLength);
}

/**
 * @param {Upload} upload
 * @param {Answer} answer
 * @param {number} sent
 * @returns {Promise<Result|null>}
 */
async function accepted(upload, answer, sent) {
  const offset = offsetOf(answer);
  const size = upload.bytes.byteLength;
  const before = upload.offset ?? 0;
  if (offset === null && answer.status === 201) return null;
  // Without an offset this was no tus server: a portal's page.
  if (offset === null || offset > size) return later(upload, answer);
  upload.offset = offset;
  if (offset < size && offset <= before && sent > 0) return later(upload, answer);
  // Where small requests pass and large ones do not, an empty one is no sign that all is well.
  const tries = sent > 0 ? 0 : upload.photo.tries;
  await save(upload, { offset, piece: grown(upload, sent), tries, problem: null });
  upload.ctx.channel.announce({ kind: "progress", id: upload.record.id, photo: upload.photo.id });
  if (offset < size) return null;
  const receipt = receiptOf(answer, upload.record);
  // Arrived, but told by nobody yet: the sender asks by PUT. The back-off keeps a server that forgets from being hammered.
  const asked = tries + 1;
  await save(upload, { state: "wanted", bad_hash: 0, tries: asked, next_at: backOff(upload.ctx, asked) });
  return { end: "done", receipt };
}

/**
 * What every one of the three may be answered.
 * @param {Upload} upload
 * @param {Answer} answer
 * @param {number} sent
 * @returns {Promise<Result|null>}
 */
async function common(upload, answer, sent) {
  const code = problemCode(answer);
  if (answer.status === 401) return ended(upload, "signed-out");
  if (answer.status === 403 && code === "not-owner") return ended(upload, "not-owner");
  if (answer.status === 413) return tooLarge(upload, answer, code, sent);
  if (answer.status === 460) return badHash(upload, answer);
  if (answer.status === 423) return taken(upload, answer);
  // A 2xx or a redirect that is not tus is somebody else's page.
  if (isPassing(answer) || answer.status < 400) return later(upload, answer);
  return stuck(upload, answer, "unexpected");
}

/**
 * The upload is gone there: a new one from the start.
 * @param {Upload} upload
 * @param {Answer} answer
 * @returns {Promise<Result|null>}
 */
async function again(upload, answer) {
  await save(upload, { upload_url: null, offset: 0 });
  upload.offset = null;
  upload.begun = false;
  upload.recreated += 1;
  if (problemCode(answer) === "record-unknown") return recordUnknown(upload);
  return upload.recreated > CONFLICTS ? later(upload, answer) : null;
}

/**
 * @param {Upload} upload
 * @param {Answer} answer
 * @param {string|null} code
 * @param {number} sent
 * @returns {Promise<Result|null>}
 */
async function tooLarge(upload, answer, code, sent) {
  if (code === "photo-too-large") {
    await save(upload, { state: "refused", reason: code, upload_url: null });
    return { end: "done", receipt: null };
  }
  if (sent <= SMALLEST) return stuck(upload, answer, "proxy-limit");
  const limit = Math.max(SMALLEST, Math.floor(sent / 2));
  await save(upload, { piece: limit, piece_limit: limit });
  if (upload.photo.upload_url) upload.offset = null;
  return null;
}

/**
 * A checksum did not fit: either the way is bad, or what lies here is no longer what was sealed.
 * @param {Upload} upload
 * @param {Answer} answer
 * @returns {Promise<Result|null>}
 */
async function badHash(upload, answer) {
  const { ctx, photo, record } = upload;
  if ((await sha256Hex(upload.bytes)) !== photo.sha256) return withdraw(ctx, photo, record, "changed");
  upload.offset = null;
  upload.begun = false;
  await save(upload, { bad_hash: photo.bad_hash + 1 });
  return upload.photo.bad_hash >= BAD_HASHES ? later(upload, answer) : null;
}

/**
 * Another request has it, most likely one of ours whose end the server has not noticed yet. That is no failure.
 * @param {Upload} upload
 * @param {Answer} answer
 * @returns {Promise<Result>}
 */
async function taken(upload, answer) {
  await save(upload, { state: "wanted", next_at: backOff(upload.ctx, 1, answer) });
  return { end: "later", receipt: null };
}

/**
 * @param {Upload} upload
 * @param {Answer|null} answer
 * @returns {Promise<Result>}
 */
async function later(upload, answer) {
  const { ctx, photo, bytes } = upload;
  const tries = photo.tries + 1;
  await save(upload, {
    state: "wanted",
    tries,
    next_at: backOff(ctx, tries, answer),
    piece: bytes.byteLength > SMALLEST ? SMALLEST : null,
    bad_hash: Math.min(photo.bad_hash, BAD_HASHES - 1),
  });
  return { end: !answer || answer.networkError || answer.status < 400 ? "offline" : "later", receipt: null };
}

/**
 * Kept, and shown to the officer: `photo-differs` and `proxy-limit` at once, what nobody foresaw after a day.
 * @param {Upload} upload
 * @param {Answer} answer
 * @param {string} code
 * @returns {Promise<Result>}
 */
async function stuck(upload, answer, code) {
  const { ctx, photo } = upload;
  const tries = photo.tries + 1;
  const since = photo.problem?.code === code ? photo.problem.since : ctx.clock.now();
  await save(upload, {
    state: "wanted",
    tries,
    next_at: backOff(ctx, tries, answer),
    problem: { code, status: answer.status, since },
  });
  return { end: "stuck", receipt: null };
}

/**
 * @param {Upload} upload
 * @returns {Promise<Result>}
 */
async function recordUnknown(upload) {
  await save(upload, { state: "wanted", upload_url: null, offset: 0 });
  return { end: "record-unknown", receipt: null };
}

/**
 * @param {Upload} upload
 * @param {End} end
 * @returns {Promise<Result>}
 */
async function ended(upload, end) {
  await save(upload, { state: "wanted" });
  return { end, receipt: null };
}

/**
 * @param {Ctx} ctx
 * @param {Photo} photo
 * @param {OutboxRecord} record
 * @param {"changed"|"lost"} reason
 * @returns {Promise<Result>}
 */
async function withdraw(ctx, photo, record, reason) {
  await ctx.store.tx(["records", "photos", "meta"], (tx) => withdrawPhotoIn(ctx, tx, record, photo, reason));
  return { end: "done", receipt: null };
}

/** @typedef {{bytes: ArrayBuffer, checksum: string|null}} Piece */

/** @type {Piece} */
const NOTHING = { bytes: new ArrayBuffer(0), checksum: null };

/**
 * A piece with a checksum is all or nothing there, so it carries one only while the way has been seen to change bytes.
 * @param {Upload} upload
 * @param {number} at
 * @returns {Promise<Piece>}
 */
async function cut(upload, at) {
  const { bytes, photo } = upload;
  const size = bytes.byteLength;
  const doubtful = photo.bad_hash > 0 && size > SMALLEST;
  const calm = upload.pace.bytesPerMs >= QUICK_BYTES_PER_MS ? size : HANDED_OVER;
  const most = Math.min(photo.piece ?? size, photo.piece_limit ?? size, calm, doubtful ? CHECKSUM_MOST : size);
  const piece = bytes.slice(at, Math.min(size, at + most));
  return { bytes: piece, checksum: doubtful && piece.byteLength > 0 ? `sha256 ${base64(await sha256(piece))}` : null };
}

/**
 * @param {Upload} upload
 * @param {number} sent
 * @returns {number|null}
 */
function grown(upload, sent) {
  const { piece, piece_limit } = upload.photo;
  if (piece === null || sent < piece) return piece;
  const twice = Math.min(piece * 2, piece_limit ?? Infinity);
  return twice >= upload.bytes.byteLength ? null : twice;
}

/**
 * @param {Upload} upload
 * @param {"post"|"head"|"patch"} method
 * @param {string} url
 * @param {Piece|null} piece
 * @param {Record<string, string>} headers
 * @returns {Promise<Answer>}
 */
async function request(upload, method, url, piece, headers) {
  const size = piece?.bytes.byteLength ?? 0;
  const { ctx, pace } = upload;
  const slowest = Math.max(SLOWEST_BYTES_PER_MS, pace.bytesPerMs / SLOWER_THAN_BEFORE);
  const timeout = Math.min(TIMEOUT_MOST_MS, TIMEOUT_BASE_MS + Math.round(size / slowest));
  await upload.beat(timeout);
  const started = ctx.clock.now();
  const answer = await ask(ctx, method, url, {
    ...(piece ? { body: piece.bytes } : {}),
    timeout,
    headers: {
      "Tus-Resumable": "1.0.0",
      ...(piece ? { "Content-Type": "application/offset+octet-stream" } : {}),
      ...(piece?.checksum ? { "Upload-Checksum": piece.checksum } : {}),
      ...headers,
    },
  });
  if (answer.networkError) pace.bytesPerMs = 0;
  else if (size >= TELLS_THE_PACE) pace.bytesPerMs = size / Math.max(1, ctx.clock.now() - started);
  return answer;
}

/**
 * @param {Upload} upload
 * @param {Partial<Photo>} change
 */
async function save(upload, change) {
  upload.photo = (await update(upload.ctx, upload.photo, change)) ?? { ...upload.photo, ...change };
}

/**
 * null when the officer has dropped the photo meanwhile.
 * @param {Ctx} ctx
 * @param {Photo} photo
 * @param {Partial<Photo>} change
 * @returns {Promise<Photo|null>}
 */
function update(ctx, photo, change) {
  return ctx.store.tx(["photos"], async (tx) => {
    const now = /** @type {Photo|undefined} */ (await tx.get("photos", photo.id));
    if (!now || now.state === "withdrawn") return null;
    const next = { ...now, ...change };
    await tx.put("photos", next);
    return next;
  });
}

/** @param {Answer} answer */
function offsetOf(answer) {
  const text = answer.headers["upload-offset"];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

/**
 * Only the path counts: whatever host the server or a proxy writes there, the bytes stay on our origin.
 * @param {string} location
 */
function samePath(location) {
  const url = new URL(location, `https://fieldapp.invalid${UPLOADS}`);
  return url.pathname + url.search;
}

/** @param {Record<string, string>} fields */
function metadata(fields) {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${btoa(value)}`)
    .join(",");
}

/**
 * @param {Answer} answer
 * @param {OutboxRecord} record
 * @returns {Receipt|null}
 */
function receiptOf(answer, record) {
  const header = answer.headers["fieldapp-receipt"];
  if (!header) return null;
  try {
    const json = JSON.parse(new TextDecoder().decode(fromBase64(header)));
    return isReceiptFor(json, record) ? json : null;
  } catch {
    return null;
  }
}
