// A server that behaves as the sync contract says, in memory; faults are put in front of it one by one.
// `server.next(fault)` is used up by the next matching request:
//   { on: /PUT .*visits/, status, headers, json }   answer this instead, nothing reaches the server
//   { on, drop: "before" | "after" }                 no answer; "after": the server has acted
//   { on, cut: n }                                   the connection ends after n bytes of the body
import { createHash } from "node:crypto";
import { frozenClock } from "./phone.mjs";

const LOST = { status: 0, headers: {}, json: null, networkError: true };
const SETTLED = ["stored", "unreadable", "refused", "withdrawn"];
const MOST = 64 * 1024 * 1024;
export const sha = (bytes) => createHash("sha256").update(Buffer.from(bytes)).digest("hex");

export class FakeServer {
  epoch = "epoch-1";
  clock = frozenClock();
  clockOffset = 0;
  signedIn = true;
  accessEnded = false;
  raws = new Map(); // id -> Map(sha -> {bytes, envelope, owner})
  photos = new Map(); // id -> {record, owner, sha256, size, state, bytes}
  uploads = new Map(); // url -> {photo, owner, size, sha256, part}
  devices = [];
  histories = [];
  reference = [];
  faults = [];
  log = [];
  voidedSeen = [];
  photosUnknown = false;
  numbers = 0;
  issueNumbers = {};
  uploadsMade = 0;

  next(...faults) {
    this.faults.push(...faults);
    return this;
  }

  /** What this user's phone sees of the server. */
  as(user) {
    const call = (method) => (url, a, b) => {
      const [body, options] = method === "GET" || method === "HEAD" ? [null, a] : [a, b];
      return this.#request(user, method, url, body, options ?? {});
    };
    return { get: call("GET"), head: call("HEAD"), put: call("PUT"), post: call("POST"), patch: call("PATCH") };
  }

  count(pattern) {
    return this.log.filter((line) => pattern.test(line)).length;
  }

  async #request(user, method, url, body, { headers = {} }) {
    await null;
    const line = `${method} ${url}`;
    this.log.push(line);
    const at = this.faults.findIndex((fault) => !fault.on || fault.on.test(line));
    const fault = at < 0 ? null : this.faults[at];
    if (fault && !fault.always) this.faults.splice(at, 1);
    let bytes = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body ?? 0);
    bytes = bytes.slice();
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    if (fault?.status) return { status: fault.status, headers: fault.headers ?? {}, json: fault.json ?? null, networkError: false };
    if (fault?.drop === "before") return LOST;
    if (fault?.corrupt) bytes = bytes.map((byte, index) => (index === 0 ? byte ^ 255 : byte));
    if (fault?.cut !== undefined) {
      this.#answer(user, method, url, bytes.slice(0, fault.cut), { ...lower, "x-cut": "1" });
      return LOST;
    }
    const answer = this.#answer(user, method, url, bytes, lower);
    if (fault?.then) fault.then(answer);
    if (fault?.drop === "after") return LOST;
    return answer;
  }

  #answer(user, method, url, bytes, headers) {
    const [path] = url.split("?");
    let answer;
    if (!this.signedIn || !user) answer = problem(401, "signed-out");
    else if (path === "/api/v1/me") answer = ok(200, { ...user, write_only: this.accessEnded });
    else if (/^\/api\/v1\/(visits|events)\//.test(path)) answer = this.#put(user, path, bytes);
    else if (path === "/api/v1/uploads") answer = this.#create(user, bytes, headers);
    else if (path.startsWith("/api/v1/uploads/")) answer = this.#upload(user, method, path, bytes, headers);
    else if (path.endsWith("/history")) answer = this.#history(user, parse(bytes));
    else if (path.startsWith("/api/v1/devices/")) answer = this.#device(user, parse(bytes));
    else if (path === "/api/v1/reference" && this.accessEnded) answer = problem(403, "access-ended");
    else if (path === "/api/v1/reference") answer = ok(200, { server_epoch: this.epoch, ...this.reference.shift() });
    else answer = problem(404, "not-found");
    const time = String(this.clock.now() + this.clockOffset);
    return { ...answer, headers: { ...answer.headers, "fieldapp-epoch": this.epoch, "fieldapp-time": time } };
  }

  #put(user, path, bytes) {
    const envelope = parse(bytes);
    const id = path.split("/").at(-1);
    if (envelope.owner !== user.id) return problem(403, "not-owner");
    const hash = sha(bytes);
    const known = this.raws.get(id) ?? new Map();
    const isNew = !known.has(hash);
    const first = known.size === 0;
    const variant = isNew && !first && !(envelope.rev > 1 && envelope.replaces) && ![...known.values()].some((raw) => raw.envelope.rev > envelope.rev);
    if (isNew) known.set(hash, { bytes, envelope, owner: user.id, variant });
    this.raws.set(id, known);
    if (first) this.numbers += 1;
    if (envelope.type === "supplement" && envelope.body.type === "photo_withdrawn") this.#withdraw(envelope.body.photo);
    if (!this.photosUnknown) for (const claim of envelope.photos) this.#expect(envelope, claim);
    const status = known.get(hash).variant ? 409 : isNew && first ? 201 : 200;
    return ok(status, this.receipt(id, hash));
  }

  #expect(envelope, claim) {
    if (this.photos.has(claim.id)) return;
    const state = claim.size > MOST ? "refused" : "wanted";
    this.photos.set(claim.id, { record: envelope.id, owner: envelope.owner, sha256: claim.sha256, size: claim.size, state });
  }

  #withdraw(id) {
    const photo = this.photos.get(id);
    if (photo) photo.state = "withdrawn";
  }

  receipt(id, hash) {
    const raw = this.raws.get(id).get(hash);
    const claims = raw.envelope.photos;
    const photos = this.photosUnknown && claims.length
      ? "unknown"
      : claims.map((claim) => ({ id: claim.id, state: this.photos.get(claim.id).state, reason: null }));
    return {
      id,
      payload_sha256: hash,
      server_epoch: this.epoch,
      state: raw.variant ? "variant" : "placed",
      photos,
      complete: photos !== "unknown" && photos.every((photo) => SETTLED.includes(photo.state)),
      number: `ZF-2026-${String(this.numbers).padStart(6, "0")}`,
      issue_numbers: this.issueNumbers,
    };
  }

  #create(user, bytes, headers) {
    const said = Object.fromEntries(headers["upload-metadata"].split(",").map((pair) => {
      const [name, value] = pair.split(" ");
      return [name, atob(value)];
    }));
    const size = Number(headers["upload-length"]);
    if (![...(this.raws.get(said.record)?.values() ?? [])].some((raw) => raw.owner === user.id)) return problem(404, "record-unknown");
    if (size > MOST) return problem(413, "photo-too-large");
    const known = this.photos.get(said.photo);
    if (known && (known.sha256 !== said.sha256 || known.size !== size)) return problem(409, "photo-differs");
    if (!known) this.photos.set(said.photo, { record: said.record, owner: user.id, sha256: said.sha256, size, state: "wanted" });
    let [url, upload] = [...this.uploads].find(([, one]) => one.photo === said.photo) ?? [];
    if (!upload) {
      this.uploadsMade += 1;
      url = `/api/v1/uploads/up-${this.uploadsMade}`;
      upload = { photo: said.photo, owner: user.id, size, sha256: said.sha256, part: new Uint8Array() };
      this.uploads.set(url, upload);
    }
    const answer = upload.part.length === 0 ? this.#append(upload, bytes, headers) : this.#at(upload, 201);
    return { ...answer, status: answer.status === 204 ? 201 : answer.status, headers: { ...answer.headers, location: url } };
  }

  #upload(user, method, url, bytes, headers) {
    const upload = this.uploads.get(url);
    if (!upload || upload.owner !== user.id) return problem(404, "not-found");
    if (method === "HEAD") return this.#at(upload, 200);
    if (Number(headers["upload-offset"]) !== this.#offset(upload)) return problem(409, "offset");
    return this.#append(upload, bytes, headers);
  }

  #offset(upload) {
    return SETTLED.includes(this.photos.get(upload.photo).state) ? upload.size : upload.part.length;
  }

  #append(upload, bytes, headers) {
    const photo = this.photos.get(upload.photo);
    if (SETTLED.includes(photo.state)) return this.#at(upload, 204);
    const checksum = headers["upload-checksum"];
    if (checksum && !headers["x-cut"] && checksum !== `sha256 ${createHash("sha256").update(bytes).digest("base64")}`) return problem(460, "checksum");
    // A piece that carries a checksum and was cut is dropped; a whole photo keeps whatever came.
    if (!(checksum && headers["x-cut"])) upload.part = new Uint8Array(Buffer.concat([upload.part, bytes]));
    if (upload.part.length < upload.size) {
      photo.state = upload.part.length ? "partial" : photo.state;
      return this.#at(upload, 204);
    }
    if (sha(upload.part) !== upload.sha256) {
      upload.part = new Uint8Array();
      return problem(460, "checksum");
    }
    photo.state = "stored";
    photo.bytes = upload.part;
    return this.#at(upload, 204);
  }

  #at(upload, status) {
    const photo = this.photos.get(upload.photo);
    const headers = { "upload-offset": String(this.#offset(upload)), "tus-resumable": "1.0.0" };
    if (SETTLED.includes(photo.state)) {
      const hash = [...this.raws.get(photo.record).keys()].at(-1);
      headers["fieldapp-receipt"] = btoa(JSON.stringify(this.receipt(photo.record, hash)));
    }
    return { status, headers, json: null, networkError: false };
  }

  #device(user, said) {
    if (said.owner !== user.id) return problem(403, "not-owner");
    this.devices.push(said);
    this.voidedSeen.push(...said.voided);
    return ok(200, { server_epoch: this.epoch, voided_ack: said.voided, notices: this.notices ?? [], write_only: this.accessEnded });
  }

  #history(user, { owner, records }) {
    if (owner !== user.id) return problem(403, "not-owner");
    this.histories.push(records);
    return ok(200, { server_epoch: this.epoch, lacking: records.filter(({ id, sha256 }) => !this.raws.get(id)?.has(sha256)).map(({ id }) => id) });
  }

  /** A restore to a state in which these records were not known yet. */
  restore(...ids) {
    this.epoch = `${this.epoch}+`;
    for (const id of ids) {
      this.raws.delete(id);
      for (const [photo, { record }] of this.photos) if (record === id) this.photos.delete(photo);
    }
    this.uploads.clear();
  }

  envelopes(id) {
    return [...(this.raws.get(id)?.values() ?? [])].map((raw) => raw.envelope);
  }
}

function ok(status, json) {
  return { status, headers: {}, json, networkError: false };
}

function problem(status, code) {
  return { status, headers: {}, json: { code, title: code }, networkError: false };
}

function parse(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}
