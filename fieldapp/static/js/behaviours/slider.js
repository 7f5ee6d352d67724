/** Photos laid on one another: a range input wipes between two, or goes through a series. Keyboard and screen readers know it. */
import { all, input, on, one } from "./dom.js";

/**
 * What the range's value shows.
 * @param {number} count  of photos
 * @param {number} value  of the range
 * @returns {{way: "reveal"|"series", shown: number}}  reveal: percent of the later photo · series: which photo
 */
export function shows(count, value) {
  if (count === 2) return { way: "reveal", shown: Math.min(100, Math.max(0, value)) };
  return { way: "series", shown: Math.min(count - 1, Math.max(0, Math.round(value))) };
}

/** @param {HTMLElement} figure */
function slide(figure) {
  const photos = all("[data-compare-photo]", figure);
  const range = input("[data-compare-range]", figure);
  const { way, shown } = shows(photos.length, Number(range.value));
  const days = photos.map((photo) => photo.dataset["day"] ?? "");
  figure.dataset["on"] = way;
  if (way === "reveal") figure.style.setProperty("--shown", `${shown}%`);
  photos.forEach((photo, i) => photo.toggleAttribute("data-shown", way === "reveal" || i === shown));
  const said = way === "reveal" ? days.join(" → ") : `${days[shown] ?? ""} (${shown + 1}/${photos.length})`;
  one("[data-compare-day]", figure).textContent = said;
  range.setAttribute("aria-valuetext", way === "reveal" ? `${shown}% ${days[1] ?? ""}` : said);
}

/** @param {ParentNode} root */
function setUpSliders(root) {
  for (const figure of all("[data-compare]:not([data-on])", root)) {
    one(".compare-slide", figure).hidden = false;
    slide(figure);
  }
}

/** Where a page shows them; they may come later than it. */
export function watchSliders() {
  on(document, "input", "[data-compare-range]", (range) => slide(/** @type {HTMLElement} */ (range.closest("[data-compare]"))));
  document.addEventListener("htmx:after:swap", () => setUpSliders(document));
  setUpSliders(document);
}
