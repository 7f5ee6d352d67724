/**
 * Milestones (时间节点) reached: a chip each, then the day and the photo that proves it.
 * @import { Photo } from "../../outbox/types.js"
 * @typedef {{node: string, on: string|null, photo: string|null}} Milestone
 */
import { all, copy, fill, input, on, one } from "../dom.js";
import { say } from "../words.js";
import { pictureOf } from "./photos.js";

/**
 * The milestones after a tap on a node's chip.
 * @param {Milestone[]} said
 * @param {string} node
 * @param {string} day  of the visit
 * @returns {Milestone[]}
 */
export function tapped(said, node, day) {
  if (said.some((each) => each.node === node)) return said.filter((each) => each.node !== node);
  return [...said, { node, on: day, photo: null }];
}

/**
 * @param {Milestone[]} said
 * @param {string} node
 * @param {Partial<Milestone>} change
 * @returns {Milestone[]}
 */
export const changed = (said, node, change) => said.map((each) => (each.node === node ? { ...each, ...change } : each));

/**
 * Without those photos that are no longer in the visit.
 * @param {Milestone[]} said
 * @param {string[]} photos
 * @returns {Milestone[]}
 */
export const withPhotos = (said, photos) => said.map((each) => (each.photo && !photos.includes(each.photo) ? { ...each, photo: null } : each));

/**
 * @param {DocumentFragment} part
 * @param {{form: () => Record<string, any>, photos: () => Photo[], day: () => string, changed: () => void, wanted: () => boolean}} page
 */
export function setUpNodes(part, page) {
  const view = one("[data-nodes]", /** @type {any} */ (part));
  one('[data-step="progress"] .step-body').append(view);
  const said = () => /** @type {Milestone[]} */ (page.form()["milestones"] ?? []);
  const put = (/** @type {Milestone[]} */ next) => {
    page.form()["milestones"] = next;
    page.changed();
  };
  const nodeAt = (/** @type {Element} */ element) => /** @type {HTMLElement} */ (element.closest("[data-reached]")).dataset["reached"] ?? "";

  /** @param {Milestone} one_ */
  const row = (one_) => {
    const line = fill(copy("node"), { node: one(`[data-node="${one_.node}"]`, view).textContent });
    line.dataset["reached"] = one_.node;
    const day = input("[data-on]", line);
    day.max = page.day();
    day.value = one_.on ?? "";
    const strip = one("[data-proof]", line);
    strip.replaceChildren(
      ...page.photos().map((photo, i) => {
        const tile = copy("photo");
        /** @type {HTMLImageElement} */ (one("img", tile)).src = pictureOf(photo);
        tile.dataset["proves"] = photo.id;
        tile.setAttribute("aria-label", say("photo-n", { i: i + 1, all: page.photos().length }));
        tile.setAttribute("aria-pressed", String(photo.id === one_.photo));
        return tile;
      }),
    );
    one("[data-proof-field]", line).hidden = page.photos().length === 0;
    return line;
  };

  const show = () => {
    view.hidden = !page.wanted() && said().length === 0;
    for (const chip of all("[data-node]", view)) chip.setAttribute("aria-pressed", String(said().some(({ node }) => node === chip.dataset["node"])));
    one("[data-reached-list]", view).replaceChildren(...said().map(row));
  };

  on(view, "click", "[data-node]", (chip) => {
    put(tapped(said(), chip.dataset["node"] ?? "", page.day()));
    show();
  });
  on(view, "change", "[data-on]", (box) => put(changed(said(), nodeAt(box), { on: /** @type {HTMLInputElement} */ (box).value || null })));
  on(view, "click", "[data-proves]", (tile) => {
    const [node, photo] = [nodeAt(tile), tile.dataset["proves"] ?? ""];
    const before = said().find((each) => each.node === node)?.photo;
    put(changed(said(), node, { photo: before === photo ? null : photo }));
    show();
    one(`[data-reached="${node}"] [data-proves="${photo}"]`, view).focus();
  });

  return {
    show,
    /** Photos came or went. */
    photosChanged() {
      if (said().length === 0) return;
      page.form()["milestones"] = withPhotos(said(), page.photos().map(({ id }) => id));
      show();
    },
  };
}
