/** 同上次, one tap: the button says what it would fill in. */
import { fill, one } from "../dom.js";
import { say } from "../words.js";
import { inWords } from "./last.js";
import { template } from "./more.js";

/** @param {{form: () => import("../../outbox/types.js").Form, wouldFill: () => ReturnType<typeof import("./last.js").likeLast>, changed: () => void}} page */
export async function setUpLikeLast(page) {
  const button = one("[data-like-last]", /** @type {any} */ (await template("last")));
  one('[data-step="when"]').after(button);

  const show = () => {
    const filled = page.wouldFill();
    button.hidden = !filled;
    if (filled) fill(button, { "like-last": say("like-last", { what: inWords(filled, say("and")) }) });
  };

  button.addEventListener("click", () => {
    Object.assign(page.form(), page.wouldFill());
    page.changed();
    show();
  });
  return { show };
}
