/**
 * Whom the zone does not know yet: a typed name that is to be added as an enterprise, and the number of somebody met. Both
 * travel inside the visit (docs/sync-protocol.md 3), so that they reach the office once, whenever there is a network.
 */
import { copy, fill, input, one } from "../dom.js";
import { say } from "../words.js";
import { systemRandom, uuid7 } from "../../outbox/ids.js";
import { bring } from "./more.js";

const CLOCK = /** @type {any} */ ({ now: () => Date.now() });

/** @param {{form: () => import("../../outbox/types.js").Form, changed: () => void}} page */
export async function setUpNewcomers(page) {
  await bring("newcomers");
  const rows = one('[data-rows="met"]');
  const choice = one("[data-new-firm]");
  const box = input("input", choice);
  one("[data-step]").before(choice);

  /** A number for everyone who is no contact yet. */
  const askNumbers = () => {
    const people = /** @type {any[]} */ (page.form()["met"] ?? []);
    for (const [at, row] of [.../** @type {HTMLCollectionOf<HTMLElement>} */ (rows.children)].entries()) {
      if (row.dataset["contact"] || row.querySelector("[data-part=phone]")) continue;
      const number = /** @type {HTMLInputElement} */ (copy("met-phone"));
      number.value = people[at]?.phone ?? "";
      row.querySelector("[data-part=title]")?.after(number);
    }
  };
  new MutationObserver(askNumbers).observe(rows, { childList: true });

  box.addEventListener("change", () => {
    page.form()["enterprises"] = box.checked ? [uuid7(CLOCK, systemRandom)] : [];
    page.changed();
  });

  return {
    /** @param {(id: string) => boolean} isKnown */
    show(isKnown) {
      const form = page.form();
      const ids = /** @type {string[]} */ (form["enterprises"] ?? []);
      const typed = form["project"] || form["projects"]?.length ? "" : (form["typed_project"] ?? "");
      choice.hidden = !typed || ids.some(isKnown);
      box.checked = ids.some((id) => !isKnown(id));
      fill(choice, { "new-firm": say("new-firm", { name: typed }) });
      askNumbers();
    },
  };
}
