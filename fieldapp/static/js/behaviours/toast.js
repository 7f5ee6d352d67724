/**
 * A line that goes away by itself; with an action (undo) it stays longer.
 * @param {string} text
 * @param {{label: string, act: () => void}} [action]
 */
export function toast(text, action) {
  const holder = document.querySelector("[data-toasts]");
  const template = document.querySelector("template[data-toast-template]");
  if (!holder || !(template instanceof HTMLTemplateElement)) return;
  const line = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
  const words = line.querySelector("[data-toast-text]");
  if (words) words.textContent = text;
  const button = line.querySelector("button");
  if (button) {
    button.hidden = !action;
    if (action) {
      button.textContent = action.label;
      button.addEventListener("click", () => {
        line.remove();
        action.act();
      });
    }
  }
  holder.append(line);
  setTimeout(() => line.remove(), action ? 8000 : 4000);
}
