/**
 * 待跟进 on this phone: what was logged against one ticks it off at once, long before the server hears of it.
 * @import { Row } from "../outbox/types.js"
 */
import { all, on, one } from "./dom.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

/** Follow-ups that a saved visit of this phone answers. A draft answers nothing yet. @param {Row[]} rows */
export const answered = (rows) =>
  new Set(rows.filter(({ record, place }) => record.type === "visit" && place !== "draft").map(({ record }) => record.form["follow_up"]).filter(Boolean));

/** @param {Row[]} rows */
export function tickOff(rows) {
  const done = answered(rows);
  for (const line of all("[data-follow-up]")) {
    const ticked = done.has(line.dataset["followUp"]);
    line.toggleAttribute("data-done", ticked);
    one("[data-ticked]", line).hidden = !ticked;
    for (const actions of all(".cell-actions", line)) actions.hidden = ticked;
  }
}

/** A tap on what only the server can do says so instead of leading to the browser's own page of failure. */
export function sayWhatNeedsNetwork() {
  /** @param {HTMLElement} _target @param {Event} event */
  const refuse = (_target, event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    toast(say("needs-network"));
  };
  on(document, "click", "a[data-needs-network]", refuse);
  on(document, "submit", "form[data-needs-network]", refuse);
}
