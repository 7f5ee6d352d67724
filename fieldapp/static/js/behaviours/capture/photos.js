/**
 * Photos: bytes are read and stored the moment they are picked; the picture itself is drawn from what was stored.
 * @import { OpenVisit } from "./visit.js"
 * @import { Photo } from "../../outbox/types.js"
 */
import { MAX_PHOTOS } from "../../outbox/photo_list.js";
import { all, copy, fill, input, on, one } from "../dom.js";
import { toast } from "../toast.js";
import { say } from "../words.js";
import { once } from "./more.js";

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
  let busy = 0;

  const tell = (/** @type {string} */ text) => {
    note.textContent = text;
    note.hidden = text === "";
  };

  /** How many are stored. @param {File[]} files @param {boolean} fromCamera */
  const take = async (files, fromCamera) => {
    if (files.length === 0) return 0;
    let stored = 0;
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
        if (photo) show(), (stored += 1);
      } catch {
        trouble = say("photo-unread");
      } finally {
        busy -= 1;
      }
    }
    tell(trouble);
    page.changed();
    return stored;
  };
  /** @param {Event} event @param {boolean} fromCamera */
  const picked = ({ target }, fromCamera) => {
    const chooser = /** @type {HTMLInputElement} */ (target);
    const files = [...(chooser.files ?? [])];
    chooser.value = "";
    void take(files, fromCamera);
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
        const state = photo.caption || (photo.shrink_failed ? say("photo-original") : "");
        tile.setAttribute("aria-label", [say("photo-n", { i: i + 1, all: photos.length }), state].filter(Boolean).join(" · "));
        return fill(tile, { state });
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

  input("[data-camera]").addEventListener("change", (event) => picked(event, true));
  input("[data-gallery]").addEventListener("change", (event) => picked(event, false));
  const sheet = once(async () => {
    const { setUpPhotoSheet } = await import("./photo_sheet.js");
    return setUpPhotoSheet({ visit: page.visit, changed: page.changed, show });
  });
  on(grid, "click", "[data-photo]", async (tile) => (await sheet.get()).open(tile.dataset["photo"] ?? ""));
  on(grid, "click", "[data-loose]", (tile) => {
    page.visit().dropLoose(tile.dataset["loose"] ?? "");
    toast(say("photo-removed"));
  });
  return { show, take };
}
