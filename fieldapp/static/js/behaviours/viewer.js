/**
 * Photos of a page, one at a time: buttons, arrow keys, a swipe; a tap or a key makes one as large as it is.
 * Without this module each photo is a link to itself.
 */
import { all, dialog, on, one } from "./dom.js";

const SWIPE = 48; // pixels sideways, and more so than up or down

/**
 * The place after a step, round the ends.
 * @param {number} place
 * @param {number} step
 * @param {number} count
 */
export const turned = (place, step, count) => (place + step + count) % count;

/**
 * Which way a finger went: 1 next, -1 back, 0 neither.
 * @param {{x: number, y: number}} from
 * @param {{x: number, y: number}} to
 */
export function swiped(from, to) {
  const [across, along] = [to.x - from.x, to.y - from.y];
  if (Math.abs(across) < SWIPE || Math.abs(across) < 1.5 * Math.abs(along)) return 0;
  return across < 0 ? 1 : -1;
}

export function viewer() {
  if (!document.querySelector("[data-viewer]")) return;
  const box = dialog("[data-viewer]");
  const stage = one("[data-viewer-stage]", box);
  const image = /** @type {HTMLImageElement} */ (one("[data-viewer-image]", box));
  const links = () => /** @type {HTMLAnchorElement[]} */ (all("a[data-photo]"));
  let place = 0;

  /** @param {boolean} large */
  const zoom = (large) => stage.toggleAttribute("data-zoomed", large);

  function show() {
    const shown = links();
    const link = /** @type {HTMLAnchorElement} */ (shown[place]);
    zoom(false);
    image.src = link.href;
    image.alt = link.querySelector("img")?.alt ?? "";
    one("[data-viewer-count]", box).textContent = `${place + 1} / ${shown.length}`;
    one("[data-viewer-text]", box).textContent = link.dataset["caption"] ?? "";
    one("[data-viewer-sub]", box).textContent = link.dataset["sub"] ?? "";
    one("[data-viewer-hash]", box).textContent = link.dataset["hash"] ?? "";
    /** @type {HTMLAnchorElement} */ (one("[data-viewer-original]", box)).href = link.dataset["original"] ?? link.href;
    one("[data-viewer-marking]", box).hidden = !link.dataset["marked"];
    /** @type {HTMLAnchorElement} */ (one("[data-viewer-marked]", box)).href = link.dataset["marked"] ?? link.href;
    for (const button of all("[data-viewer-prev], [data-viewer-next]", box)) button.hidden = shown.length < 2;
  }

  /** @param {number} step */
  function turn(step) {
    place = turned(place, step, links().length);
    show();
  }

  on(document, "click", "a[data-photo]", (link, event) => {
    const click = /** @type {MouseEvent} */ (event);
    if (click.ctrlKey || click.metaKey || click.shiftKey) return; // a tab of its own, as asked
    event.preventDefault();
    place = links().indexOf(/** @type {HTMLAnchorElement} */ (link));
    show();
    box.showModal();
  });
  on(box, "click", "[data-viewer-close]", () => box.close());
  on(box, "click", "[data-viewer-prev]", () => turn(-1));
  on(box, "click", "[data-viewer-next]", () => turn(1));
  on(box, "click", "[data-viewer-image]", () => zoom(!stage.hasAttribute("data-zoomed")));
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") turn(1);
    else if (event.key === "ArrowLeft") turn(-1);
    else if (event.key === "+" || event.key === "-") zoom(event.key === "+");
  });
  swipe(stage, (step) => !stage.hasAttribute("data-zoomed") && turn(step));
  box.addEventListener("close", () => links()[place]?.focus());
}

/** @param {HTMLElement} stage @param {(step: number) => void} act */
function swipe(stage, act) {
  /** @type {{x: number, y: number}|null} */
  let from = null;
  stage.addEventListener("touchstart", (event) => {
    const touch = event.touches[0];
    from = touch && event.touches.length === 1 ? { x: touch.clientX, y: touch.clientY } : null;
  }, { passive: true });
  stage.addEventListener("touchend", (event) => {
    const touch = event.changedTouches[0];
    const way = from && touch ? swiped(from, { x: touch.clientX, y: touch.clientY }) : 0;
    from = null;
    if (way !== 0) act(way);
  }, { passive: true });
}
