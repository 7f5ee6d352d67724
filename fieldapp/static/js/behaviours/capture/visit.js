/**
 * The visit that is open in this form: every change goes to the store by itself, every photo at once.
 * @import { Ctx, Form, Id, Occurred, OutboxRecord, Photo } from "../../outbox/types.js"
 */
import * as drafts from "../../outbox/drafts.js";
import { uuid7 } from "../../outbox/ids.js";
import { addPhoto, orderPhotos, removePhoto } from "../../outbox/photo_list.js";
import { photoBytes, setPhoto, shrinkPhoto } from "../../outbox/photos.js";

const AFTER = 400;
const RENEW = 4 * 60_000;

/** @typedef {{trouble: (problem: any) => void, fine: () => void, photos: () => void, begun: (id: Id) => void}} Tells */

export class OpenVisit {
  /** @type {Id|null} */
  id = null;
  /** @type {Form} */
  form = { issue_events: [] };
  /** @type {Occurred} */
  occurred = { said: "now", at: null };
  /** @type {Photo[]} */
  photos = [];
  /** Photos that the store refused: only this page still has them. @type {{photo: Photo, bytes: ArrayBuffer}[]} */
  loose = [];
  title = "";
  dirty = false;
  /** @type {OutboxRecord|null} */
  record = null;
  /** What it will be called, in the store and in a file made before it could be stored: they are one visit. @type {Id} */
  #name;
  /** @type {Promise<void>|null} */
  #begun = null;
  /** @type {Promise<any>} */
  #chain = Promise.resolve();
  /** @type {Promise<any>} */
  #shrinking = Promise.resolve();
  #timer = 0;
  #renewing = 0;

  /**
   * @param {Ctx} ctx
   * @param {Id} owner
   * @param {Tells} tells
   */
  constructor(ctx, owner, tells) {
    this.ctx = ctx;
    this.owner = owner;
    this.tells = tells;
    this.recordedAt = ctx.clock.now();
    this.#name = uuid7(ctx.clock, ctx.random);
  }

  /** Throws what drafts.editRecord throws. @param {Id} id */
  async open(id) {
    const { record, photos } = await drafts.editRecord(this.ctx, id);
    this.#take(record);
    this.form = { ...record.form };
    this.form["issue_events"] ??= [];
    this.occurred = record.occurred;
    this.photos = photos;
  }

  /** @param {OutboxRecord} record */
  #take(record) {
    this.record = record;
    this.id = record.id;
    this.title = record.title;
    this.recordedAt = new Date(record.recorded_at).getTime();
    clearInterval(this.#renewing);
    this.#renewing = Number(setInterval(() => void drafts.renewLease(this.ctx, record.id).catch(this.tells.trouble), RENEW));
  }

  /** The draft exists from the first change on, not from the first look. */
  async #ensure() {
    if (this.id) return;
    this.#begun ??= drafts.beginDraft(this.ctx, { id: this.#name, form: this.form, occurred: this.occurred, title: this.title, owner: this.owner }).then(
      (record) => {
        this.#take(record);
        this.tells.begun(record.id);
      },
      (problem) => {
        this.#begun = null;
        throw problem;
      },
    );
    await this.#begun;
  }

  changed() {
    this.dirty = true;
    clearTimeout(this.#timer);
    // The first change begins the draft at once: leaving then has one write left to make, which a closing page manages.
    if (!this.id && !this.#begun) void this.store();
    else this.#timer = Number(setTimeout(() => void this.store(), AFTER));
  }

  /** Everything typed so far into the store. @returns {Promise<boolean>} */
  store() {
    clearTimeout(this.#timer);
    this.#chain = this.#chain.then(() => this.#store());
    return this.#chain;
  }

  async #store() {
    if (!this.dirty) return true;
    this.dirty = false;
    try {
      await this.#ensure();
      await drafts.saveForm(this.ctx, /** @type {Id} */ (this.id), this.form, this.occurred, this.title);
      this.tells.fine();
      return true;
    } catch (problem) {
      this.dirty = true;
      this.tells.trouble(problem);
      return false;
    }
  }

  /**
   * @param {{bytes: ArrayBuffer, type: string, taken_at: string}} given
   * @returns {Promise<Photo|null>}  null = the store refused; the bytes stay here for an export
   */
  async addPhoto(given) {
    try {
      await this.#ensure();
      const photo = await addPhoto(this.ctx, /** @type {Id} */ (this.id), given);
      this.photos.push(photo);
      this.tells.photos();
      this.#shrinking = this.#shrinking.then(() => this.#shrink(photo.id));
      return photo;
    } catch (problem) {
      const { bytes, ...rest } = given;
      const photo = /** @type {any} */ ({ id: uuid7(this.ctx.clock, this.ctx.random), ...rest, size: bytes.byteLength, role: "progress", caption: "" });
      this.loose.push({ photo, bytes });
      this.tells.trouble(problem);
      this.tells.photos();
      return null;
    }
  }

  /** Photos that found no room are tried again, each once; whether all are stored now. */
  async #storeLoose() {
    const again = this.loose;
    this.loose = [];
    for (const { photo, bytes } of again) await this.addPhoto({ bytes, type: photo.type, taken_at: photo.taken_at ?? "" });
    return this.loose.length === 0;
  }

  /** @param {Id} id */
  dropLoose(id) {
    this.loose = this.loose.filter(({ photo }) => photo.id !== id);
    this.tells.photos();
  }

  /** @param {Id} id */
  async #shrink(id) {
    try {
      this.#swap(await shrinkPhoto(this.ctx, id));
    } catch {
      // The camera's own bytes are stored already and go up as they are.
    }
  }

  /** @param {Photo} photo */
  #swap(photo) {
    this.photos = this.photos.map((p) => (p.id === photo.id ? photo : p));
    this.tells.photos();
  }

  /**
   * @param {Id} id
   * @param {Partial<Photo>} change
   */
  async setPhoto(id, change) {
    await this.#try(async () => this.#swap(await setPhoto(this.ctx, id, change)));
  }

  /** Unlists it (its bytes go at the next save). @param {Id} id */
  async removePhoto(id) {
    this.photos = this.photos.filter((photo) => photo.id !== id);
    await this.#try(() => removePhoto(this.ctx, id));
    this.tells.photos();
  }

  /** Also the undo of a removal. @param {Photo[]} photos */
  async orderPhotos(photos) {
    this.photos = photos;
    await this.#try(() => orderPhotos(this.ctx, /** @type {Id} */ (this.id), photos.map((photo) => photo.id)));
    this.tells.photos();
  }

  /** @param {() => Promise<any>} act */
  async #try(act) {
    try {
      await act();
    } catch (problem) {
      this.tells.trouble(problem);
    }
  }

  /**
   * Only when this resolves with a record may the page say "saved on this phone".
   * @param {{form: Form, events: Form[]}|null} [addition]  to a colleague's visit, in the place of a visit of one's own
   * @returns {Promise<{record: OutboxRecord, photos: Photo[]}|null>}
   */
  async save(addition = null) {
    this.dirty = true;
    if (!(await this.store()) || !(await this.#storeLoose())) return null;
    try {
      const saved = await drafts.saveVisit(this.ctx, /** @type {Id} */ (this.id), addition);
      this.close();
      return saved;
    } catch (problem) {
      this.tells.trouble(problem);
      return null;
    }
  }

  close() {
    clearInterval(this.#renewing);
    clearTimeout(this.#timer);
    this.dirty = false;
  }

  /** What an export needs when not even the draft could be stored. */
  async asRecord() {
    const stored = await Promise.all(
      this.photos.map(async (photo) => ({ photo, bytes: await photoBytes(this.ctx, photo.id).catch(() => null) })),
    );
    const photos = [...stored.flatMap(({ photo, bytes }) => (bytes ? [{ photo, bytes }] : [])), ...this.loose];
    const record = /** @type {OutboxRecord} */ ({
      ...(this.record ?? { id: this.#name, type: "visit", rev: 1, replaces: null, device: null, seq: null }),
      owner: this.owner,
      form: this.form,
      occurred: this.occurred,
      recorded_at: this.record?.recorded_at ?? this.ctx.clock.isoLocal(this.recordedAt),
      photo_ids: photos.map(({ photo }) => photo.id),
      app_version: this.ctx.appVersion,
      title: this.title,
    });
    return { record, photos };
  }
}
