/**
 * 我的 · how this phone looks: light or dark, the size of letters, the hand that holds it. Kept on this device only;
 * js/look.js sets it before the first paint of every page.
 */
import { all, on } from "./dom.js";

const NAMES = ["theme", "letters", "hand"];

/** @param {string} name @param {string} value  "" = as everyone has it */
export function choose(name, value, kept = localStorage, root = document.documentElement) {
  if (!NAMES.includes(name)) return;
  if (value) kept.setItem(`fieldapp-${name}`, value);
  else kept.removeItem(`fieldapp-${name}`);
  if (value) root.setAttribute(`data-${name}`, value);
  else root.removeAttribute(`data-${name}`);
}

/** What stands in the page follows what this phone has kept. */
function show() {
  for (const radio of /** @type {HTMLInputElement[]} */ (all("[data-look]"))) {
    radio.checked = radio.value === (localStorage.getItem(`fieldapp-${radio.dataset["look"]}`) ?? "");
  }
}

export function setUpLook() {
  show();
  on(document, "change", "[data-look]", (radio) => choose(radio.dataset["look"] ?? "", /** @type {HTMLInputElement} */ (radio).value));
}
