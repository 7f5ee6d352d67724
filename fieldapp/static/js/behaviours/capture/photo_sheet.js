/**
 * One photo, large: what it shows, its place in the row, and taking it out again.
 * @import { OpenVisit } from "./visit.js"
 */
import { all, dialog, fill, input, on, one } from "../dom.js";
import { toast } from "../toast.js";
import { say } from "../words.js";
import { bring } from "./more.js";
import { pictureOf } from "./photos.js";

/** @param {{visit: () => OpenVisit, changed: () => void, show: () => void}} page */
export async function setUpPhotoSheet(page) {
  await bring("photo");
  const sheet = dialog("[data-photo-sheet]");
  let shown = "";

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

  on(sheet, "click", "[data-close]", () => sheet.close());
  sheet.addEventListener("close", () => one(`[data-photo="${shown}"], [data-camera]`).focus());
  let typing = 0;
  const keep = () => {
    clearTimeout(typing);
    const role = /** @type {HTMLInputElement|null} */ (sheet.querySelector('[name="role"]:checked'))?.value;
    const change = { caption: input('[data-in="caption"]', sheet).value, role: /** @type {any} */ (role), sensitive: input("[data-photo-sensitive]", sheet).checked };
    void page.visit().setPhoto(shown, change).then(page.show);
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

  return {
    /** @param {string} id */
    open(id) {
      shown = id;
      fillSheet();
      sheet.showModal();
    },
  };
}
