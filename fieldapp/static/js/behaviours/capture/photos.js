/**
 * Photos: bytes are read and stored the moment they are picked; the picture itself is drawn from what was stored.
 * @import { OpenVisit } from "./visit.js"
 * @import { Photo } from "../../outbox/types.js"
 */
import { MAX_PHOTOS } from "../../outbox/drafts.js";
import { all, copy, dialog, fill, input, on, one } from "../dom.js";
import { toast } from "../toast.js";
import { say } from "../words.js";

/** @type {Map<string, string>} */
const urls = new Map();

/**
 * A picture's address for `<img>`: the small version as soon as there is one, the camera's own until then.
 * @param {Photo} photo
 * @returns {string}
 */
export function pictureOf(photo) {
  const key = photo.thumb ? `${photo.id}/thumb` : photo.id;
  if (photo.thumb && !urls.has(key)) urls.set(key, URL.createObjectURL(new Blob([photo.thumb], { type: "image/jpeg" })));
  return urls.get(key) ?? "";
}

/**
 * @param {{visit: () => OpenVisit, changed: () => void}} page
 */
export function setUpPhotos(page) {
  const grid = one("[data-photos]");
  const note = one("[data-photo-note]");
  const sheet = dialog("[data-photo-sheet]");
  let busy = 0;
  let shown = "";

  const tell = (/** @type {string} */ text) => {
    note.textContent = text;
    note.hidden = text === "";
  };

  /** @param {HTMLInputElement} chooser @param {boolean} fromCamera */
  const take = async (chooser, fromCamera) => {
    const files = [...(chooser.files ?? [])];
    chooser.value = "";
    if (files.length === 0) return;
    const visit = page.visit();
    const room = Math.max(0, MAX_PHOTOS - visit.photos.length - visit.loose.length - busy);
    let trouble = files.length > room ? say("photo-many", { n: files.length - room }) : "";
    const taken = files.slice(0, room);
    busy += taken.length;
    tell(say("photo-busy"));
    for (const file of taken) {
      try {
        // A File is only a reference: on Android it dies with the camera app, so its bytes are read before anything else.
        const bytes = await file.arrayBuffer();
        if (bytes.byteLength === 0) throw new Error("empty"); // how some phones say that they could not read it
        const at = fromCamera ? visit.ctx.clock.now() : file.lastModified;
        const photo = await visit.addPhoto({ bytes, type: file.type, taken_at: visit.ctx.clock.isoLocal(at) });
        if (photo && !photo.thumb) urls.set(photo.id, URL.createObjectURL(new Blob([bytes], { type: file.type })));
        if (photo) show();
      } catch {
        trouble = say("photo-unread");
      } finally {
        busy -= 1;
      }
    }
    tell(trouble);
    page.changed();
  };

  /** A picture that this browser cannot draw (HEIC) is kept all the same: its tile says so. */
  const newTile = () => {
    const tile = copy("photo");
    const picture = one("img", tile);
    picture.addEventListener("error", () => (picture.hidden = true));
    picture.addEventListener("load", () => (picture.hidden = false));
    return tile;
  };

  const show = () => {
    const photos = page.visit().photos;
    const held = new Map(all("[data-photo]", grid).map((tile) => [tile.dataset["photo"], tile]));
    grid.replaceChildren(
      ...photos.map((photo, i) => {
        const tile = held.get(photo.id) ?? newTile();
        tile.dataset["photo"] = photo.id;
        const picture = /** @type {HTMLImageElement} */ (one("img", tile));
        const address = pictureOf(photo);
        if (address && picture.src !== address) picture.src = address;
        tile.setAttribute("aria-label", [say("photo-n", { i: i + 1, all: photos.length }), photo.caption].filter(Boolean).join(" · "));
        return fill(tile, { state: photo.caption || (photo.shrink_failed ? say("photo-original") : "") });
      }),
      ...page.visit().loose.map(({ photo }) => {
        const tile = copy("photo");
        tile.dataset["loose"] = photo.id;
        one("img", tile).hidden = true;
        tile.setAttribute("aria-label", say("photo-loose"));
        return fill(tile, { state: say("photo-loose") });
      }),
    );
  };

  const current = () => page.visit().photos.find((photo) => photo.id === shown);

  const fillSheet = () => {
    const photo = current();
    if (!photo) return sheet.close();
    const photos = page.visit().photos;
    const i = photos.indexOf(photo);
    fill(sheet, { "photo-title": say("photo-n", { i: i + 1, all: photos.length }) });
    /** @type {HTMLImageElement} */ (one("[data-photo-big]", sheet)).src = pictureOf(photo);
    input('[data-in="caption"]', sheet).value = photo.caption;
    for (const radio of all('[name="role"]', sheet)) /** @type {HTMLInputElement} */ (radio).checked = /** @type {HTMLInputElement} */ (radio).value === photo.role;
    input("[data-photo-sensitive]", sheet).checked = photo.sensitive;
    for (const button of all("[data-move]", sheet)) /** @type {HTMLButtonElement} */ (button).disabled = !photos[i + Number(button.dataset["move"])];
  };

  input("[data-camera]").addEventListener("change", (event) => void take(/** @type {HTMLInputElement} */ (event.target), true));
  input("[data-gallery]").addEventListener("change", (event) => void take(/** @type {HTMLInputElement} */ (event.target), false));
  on(grid, "click", "[data-photo]", (tile) => {
    shown = tile.dataset["photo"] ?? "";
    fillSheet();
    sheet.showModal();
  });
  on(grid, "click", "[data-loose]", (tile) => {
    page.visit().dropLoose(tile.dataset["loose"] ?? "");
    toast(say("photo-removed"));
  });
  on(sheet, "click", "[data-close]", () => sheet.close());
  sheet.addEventListener("close", () => one(`[data-photo="${shown}"], [data-camera]`).focus());
  let typing = 0;
  const keep = () => {
    clearTimeout(typing);
    const role = /** @type {HTMLInputElement|null} */ (sheet.querySelector('[name="role"]:checked'))?.value;
    const change = { caption: input('[data-in="caption"]', sheet).value, role: /** @type {any} */ (role), sensitive: input("[data-photo-sensitive]", sheet).checked };
    void page.visit().setPhoto(shown, change).then(show);
  };
  sheet.addEventListener("change", keep);
  sheet.addEventListener("input", () => {
    clearTimeout(typing);
    typing = Number(setTimeout(keep, 400));
  });
  on(sheet, "click", "[data-move]", async (button) => {
    const photos = [...page.visit().photos];
    const from = photos.findIndex((photo) => photo.id === shown);
    const [photo] = photos.splice(from, 1);
    if (photo) photos.splice(from + Number(button.dataset["move"]), 0, photo);
    await page.visit().orderPhotos(photos);
    fillSheet();
    if (/** @type {HTMLButtonElement} */ (button).disabled) one("[data-move]:not(:disabled), [data-remove]", sheet).focus();
  });
  on(sheet, "click", "[data-remove]", async () => {
    const before = [...page.visit().photos];
    const id = shown;
    sheet.close();
    await page.visit().removePhoto(id);
    page.changed();
    toast(say("photo-removed"), { label: say("undo"), act: () => void page.visit().orderPhotos(before).then(page.changed) });
  });

  return { show };
}
