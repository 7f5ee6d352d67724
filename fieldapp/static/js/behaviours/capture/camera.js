/**
 * The camera inside the page: open, shutter as often as one likes, done. Each picture is in the store the moment it is taken.
 * @import { OpenVisit } from "./visit.js"
 * @typedef {{name: string, picture: string}} Viewpoint
 */
import { fragment } from "../../outbox/http.js";
import { MAX_PHOTOS } from "../../outbox/photo_list.js";
import { lastAt } from "../../outbox/viewpoints.js";
import { all, dialog, input, on, one } from "../dom.js";
import { toast } from "../toast.js";
import { say } from "../words.js";
import { pictureOf } from "./photos.js";

const QUALITY = 0.92;
const WANTED = { facingMode: { ideal: "environment" }, width: { ideal: 2560 }, height: { ideal: 1920 } };

/**
 * What is known of viewpoints: the phone's own pictures where it has them, else the office's.
 * @param {Viewpoint[]} own
 * @param {Viewpoint[]} office
 * @returns {Viewpoint[]}
 */
export function known(own, office) {
  const names = new Set(own.map(({ name }) => name));
  return [...own, ...office.filter(({ name }) => !names.has(name))];
}

/** @param {string} project @returns {Promise<Viewpoint[]>} */
async function fromOffice(project) {
  const text = navigator.onLine && project ? await fragment(`/projects/${project}/viewpoints.json`) : null;
  try {
    const rows = /** @type {{name: string, photo: string}[]} */ (JSON.parse(text ?? "[]"));
    return rows.map(({ name, photo }) => ({ name, picture: `/photos/${photo}/thumb` }));
  } catch {
    return []; // somebody else's page
  }
}

/** @param {HTMLVideoElement} video @returns {Promise<ArrayBuffer>} */
async function frame(video) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const blob = await new Promise((/** @type {(blob: Blob|null) => void} */ done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob || video.videoWidth === 0) throw new Error("the camera gave no picture");
  return blob.arrayBuffer();
}

/**
 * @param {{visit: () => OpenVisit, project: () => string, changed: () => void}} page
 */
export async function openCamera(page) {
  const view = dialog("[data-camera-view]");
  const video = /** @type {HTMLVideoElement} */ (one("video", view));
  const ghost = /** @type {HTMLImageElement} */ (one("[data-ghost]", view));
  const name = input("[data-viewpoint]", view);
  const shutter = /** @type {HTMLButtonElement} */ (one("[data-shutter]", view));
  const torch = one("[data-torch]", view);
  const leaving = new AbortController();
  /** @type {MediaStream} */
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
  } catch {
    return toast(say("camera-none"));
  }
  const [track] = stream.getVideoTracks();
  let taken = 0;
  let lit = false;
  /** @type {Viewpoint[]} */
  let viewpoints = [];

  const showGhost = () => {
    const picture = viewpoints.find((each) => each.name === name.value.trim())?.picture ?? "";
    ghost.hidden = picture === "";
    if (picture && ghost.src !== picture) ghost.src = picture;
    for (const chip of all("[data-at]", view)) chip.setAttribute("aria-pressed", String(chip.dataset["at"] === name.value.trim()));
  };
  const showNames = () => {
    one("[data-viewpoints]", view).replaceChildren(
      ...viewpoints.map((each) => {
        const chip = document.createElement("button");
        Object.assign(chip, { type: "button", className: "chip", textContent: each.name, dir: "auto" });
        chip.dataset["at"] = each.name;
        return chip;
      }),
    );
    showGhost();
  };
  const count = () => {
    const { photos, loose } = page.visit();
    one("[data-taken]", view).textContent = say("camera-taken", { n: taken });
    shutter.disabled = photos.length + loose.length >= MAX_PHOTOS;
  };
  const take = async () => {
    if (shutter.disabled) return;
    shutter.disabled = true;
    try {
      const bytes = await frame(video);
      const visit = page.visit();
      const photo = await visit.addPhoto({ bytes, type: "image/jpeg", taken_at: visit.ctx.clock.isoLocal(visit.ctx.clock.now()) });
      taken += 1;
      const viewpoint = name.value.trim();
      if (photo && viewpoint) await visit.setPhoto(photo.id, { viewpoint });
      page.changed();
    } catch {
      toast(say("camera-none"));
    }
    count();
    shutter.focus();
  };

  const { signal } = leaving;
  const close = () => view.close();
  shutter.addEventListener("click", () => void take(), { signal });
  one("[data-camera-done]", view).addEventListener("click", close, { signal });
  name.addEventListener("input", showGhost, { signal });
  ghost.addEventListener("error", () => (ghost.hidden = true), { signal });
  on(one("[data-viewpoints]", view), "click", "[data-at]", (chip) => {
    if (signal.aborted) return;
    name.value = name.value.trim() === chip.dataset["at"] ? "" : (chip.dataset["at"] ?? "");
    showGhost();
  });
  torch.addEventListener(
    "click",
    () => {
      lit = !lit;
      torch.setAttribute("aria-pressed", String(lit));
      void track?.applyConstraints(/** @type {any} */ ({ advanced: [{ torch: lit }] })).catch(() => undefined);
    },
    { signal },
  );
  // A camera left open warms the phone and blocks every other app that wants it.
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && close(), { signal });
  view.addEventListener(
    "close",
    () => {
      leaving.abort();
      for (const each of stream.getTracks()) each.stop();
      video.srcObject = null;
      one("[data-open-camera]").focus();
    },
    { signal, once: true },
  );

  torch.hidden = !(/** @type {any} */ (track?.getCapabilities?.() ?? {}).torch);
  name.value = "";
  viewpoints = [];
  showNames();
  count();
  video.srcObject = stream;
  view.showModal();
  shutter.focus();
  await video.play().catch(() => undefined);
  const { ctx, owner } = page.visit();
  const own = (await lastAt(ctx, owner, page.project())).map((photo) => ({ name: photo.viewpoint, picture: pictureOf(photo) }));
  viewpoints = known(own, []);
  showNames();
  viewpoints = known(own, await fromOffice(page.project()));
  showNames();
}
