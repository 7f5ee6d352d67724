/**
 * The step "when": what the officer says about it, and what that makes of the visit's position.
 * @import { OpenVisit } from "./visit.js"
 */
import { all, input, on, one } from "../dom.js";
import { assumed, choicesAt, localValue, occurred } from "./when.js";

/** @param {{visit: () => OpenVisit, later: () => boolean, changed: () => void}} page */
export function setUpWhen(page) {
  const step = one('[data-step="when"]');
  const clock = () => page.visit().ctx.clock;

  const show = () => {
    const now = clock().now();
    const { said, at } = page.visit().occurred;
    for (const radio of /** @type {HTMLInputElement[]} */ (all('[name="when"]', step))) {
      radio.checked = radio.value === said;
      /** @type {HTMLElement} */ (radio.parentElement).hidden = !choicesAt(now).includes(radio.value) && radio.value !== said;
    }
    one("[data-when-time]", step).hidden = said === "now" || said === "just_now";
    const box = input("[data-when-at]", step);
    if (document.activeElement !== box) box.value = localValue(at ? new Date(at).getTime() : (assumed("time", now) ?? now));
    box.max = localValue(now);
    one("[data-later]", step).hidden = !page.later();
  };

  /** @param {string} said @param {string} [typed] */
  const take = (said, typed) => {
    page.visit().occurred = occurred(said, clock(), typed);
    page.visit().form["said_when"] = page.visit().occurred.said;
    show();
    page.changed();
  };

  on(step, "change", '[name="when"]', (radio) => take(/** @type {HTMLInputElement} */ (radio).value));
  input("[data-when-at]", step).addEventListener("change", (event) => take("time", /** @type {HTMLInputElement} */ (event.target).value));
  return { show };
}
