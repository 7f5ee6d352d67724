/**
 * Who was there: people met, colleagues, others. Rows of two short inputs, and chips for those the phone knows.
 * @import { Form } from "../../outbox/types.js"
 */
import { all, copy, input, on, one } from "../dom.js";

const FEW = 12;

/**
 * @typedef {{id: string, name: string, title?: string, enterprise_id?: string|null, enterprise?: any}} Contact
 * @typedef {{id: string, name: string, initials?: string, team?: string|null}} Officer
 * @param {{form: () => Form, changed: () => void, contacts: () => Contact[], officers: () => Officer[]}} page
 */
export function setUpPeople(page) {
  const rows = (/** @type {string} */ name) => one(`[data-rows="${name}"]`);
  const list = (/** @type {string} */ name) => /** @type {any[]} */ (page.form()[name] ?? []);
  let wanted = "";

  /** The rows' inputs into the form; empty rows stay on the page and out of the visit. @param {string} name */
  const read = (name) => {
    page.form()[name] = all("[role=group]", rows(name))
      .map((row) => {
        /** @type {Record<string, any>} */
        const person = row.dataset["contact"] ? { contact: row.dataset["contact"] } : {};
        for (const part of all("[data-part]", row)) {
          person[part.dataset["part"] ?? ""] = /** @type {HTMLInputElement} */ (part).value;
        }
        return person;
      })
      .filter((person) => Object.values(person).some((text) => String(text).trim()));
    page.changed();
  };

  /** @param {string} name @param {Record<string, any>} [person] @returns {HTMLElement} */
  const addRow = (name, person = {}) => {
    const row = copy(name);
    if (person["contact"]) row.dataset["contact"] = person["contact"];
    for (const part of all("[data-part]", row)) /** @type {HTMLInputElement} */ (part).value = person[part.dataset["part"] ?? ""] ?? "";
    rows(name).append(row);
    return row;
  };

  const showContacts = () => {
    const chips = one("[data-contacts]");
    const met = new Set(list("met").map(({ contact }) => contact));
    chips.replaceChildren(
      ...page.contacts().map((contact) => {
        const chip = copy("chip");
        chip.textContent = [contact.name, contact.title].filter(Boolean).join(" · ");
        chip.dataset["contact"] = contact.id;
        chip.setAttribute("aria-pressed", String(met.has(contact.id)));
        return chip;
      }),
    );
    chips.hidden = chips.childElementCount === 0;
  };

  const showColleagues = () => {
    const officers = page.officers();
    const chosen = new Set(list("participants"));
    const shown = officers.filter(({ id, name, initials = "" }) => chosen.has(id) || [name, initials].some((text) => text.includes(wanted))).slice(0, wanted ? 50 : FEW + chosen.size);
    one("[data-people]").replaceChildren(
      ...shown.map((officer) => {
        const chip = copy("chip");
        chip.textContent = officer.name;
        chip.dataset["officer"] = officer.id;
        chip.setAttribute("aria-pressed", String(chosen.has(officer.id)));
        return chip;
      }),
    );
    one("[data-people-more]").hidden = officers.length <= FEW;
  };

  for (const name of ["met", "outside"]) {
    rows(name).addEventListener("input", () => read(name));
    on(rows(name), "click", "[data-remove-row]", (button) => {
      button.closest("[role=group]")?.remove();
      read(name);
      showContacts();
      one(`[data-add-row="${name}"]`).focus();
    });
    one(`[data-add-row="${name}"]`).addEventListener("click", () => input("input", addRow(name)).focus());
  }
  on(one("[data-contacts]"), "click", "[data-contact]", (chip) => {
    const id = chip.dataset["contact"];
    const row = all("[role=group]", rows("met")).find((r) => r.dataset["contact"] === id);
    const contact = page.contacts().find((c) => c.id === id);
    if (row) row.remove();
    else if (contact) addRow("met", { contact: id, name: contact.name, title: contact.title ?? "" });
    read("met");
    chip.setAttribute("aria-pressed", String(!row));
  });
  on(one("[data-people]"), "click", "[data-officer]", (chip) => {
    const id = chip.dataset["officer"];
    const chosen = list("participants");
    page.form()["participants"] = chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id];
    chip.setAttribute("aria-pressed", String(!chosen.includes(id)));
    page.changed();
  });
  input("[data-people-search]").addEventListener("input", (event) => {
    wanted = /** @type {HTMLInputElement} */ (event.target).value.trim().toLowerCase();
    showColleagues();
  });

  return {
    show() {
      for (const name of ["met", "outside"]) {
        rows(name).replaceChildren();
        const people = list(name);
        for (const person of people.length || page.contacts().length ? people : [{}]) addRow(name, person);
      }
      showContacts();
      showColleagues();
    },
  };
}
