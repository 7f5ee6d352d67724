/** Texts to take along: into the clipboard, or onto paper. */
import { on } from "./dom.js";

/**
 * Copies a text field; the old way where the clipboard is closed to us (plain HTTP, WeChat).
 * @param {HTMLTextAreaElement} field
 */
async function take(field) {
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select();
    document.execCommand("copy");
  }
}

export function copying() {
  for (const button of document.querySelectorAll("[data-copies]")) /** @type {HTMLElement} */ (button).hidden = false;
  on(document, "click", "[data-copies]", (button) => {
    const field = document.getElementById(button.dataset["copies"] ?? "");
    if (!(field instanceof HTMLTextAreaElement)) return;
    void take(field).then(() => {
      button.lastChild?.replaceWith(button.dataset["done"] ?? "");
    });
  });
}

export function printing() {
  for (const button of document.querySelectorAll("[data-print]")) /** @type {HTMLElement} */ (button).hidden = false;
  on(document, "click", "[data-print]", () => print());
}
