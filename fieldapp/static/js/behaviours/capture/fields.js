/**
 * The plain fields of the form: texts with stock phrases, numbers, days, chips. Each writes into the visit's body.
 * @import { Form } from "../../outbox/types.js"
 */
import { all, copy, input, on, one } from "../dom.js";
import { nameOf, say } from "../words.js";
import { tooLong } from "./wishes.js";

/**
 * @typedef {{field: string, text: string}} Phrase
 * @param {HTMLElement} view
 * @param {{form: () => Form, changed: () => void, now: () => number, phrases: () => Phrase[], programmes: () => any[], stages: () => any[], officers: () => {id: string, name: string}[]}} page
 */
export function setUpFields(view, page) {
  const value = (/** @type {HTMLElement} */ element) => /** @type {HTMLInputElement} */ (element).value;
  const put = (/** @type {HTMLElement} */ element, /** @type {any} */ text) => (/** @type {HTMLInputElement} */ (element).value = text ?? "");

  /** @param {string} name @param {string} text */
  const error = (name, text) => {
    const line = view.querySelector(`[data-error="${name}"]`);
    if (!(line instanceof HTMLElement)) return;
    line.textContent = text;
    line.hidden = text === "";
    const box = view.querySelector(`[data-text="${name}"], [data-number="${name}"]`);
    box?.setAttribute("aria-invalid", String(text !== ""));
  };

  const check = () => {
    const long = new Map(tooLong(page.form()).map(({ field, over }) => [field, over]));
    for (const box of all("[data-text]", view)) {
      const name = box.dataset["text"] ?? "";
      error(name, long.has(name) ? say("too-long", { n: long.get(name) ?? 0 }) : "");
    }
    const percent = input("[data-number]", view);
    error("progress_percent", percent.validity.valid ? "" : say("percent"));
  };

  const nextStep = () => {
    const by = /** @type {HTMLSelectElement} */ (one('[data-next="by"]', view));
    const next = { text: value(one('[data-next="text"]', view)), on: value(one('[data-next="on"]', view)) || null, by: by.value || null, by_name: by.value ? (by.selectedOptions[0]?.text ?? "") : "" };
    page.form()["next_step"] = next.text.trim() || next.on ? next : null;
  };

  const dayIn = (/** @type {number} */ days) => {
    const day = new Date(page.now());
    day.setDate(day.getDate() + days);
    return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
  };

  const showDays = () => {
    const chosen = value(one('[data-next="on"]', view));
    for (const chip of all("[data-in-days]", view)) chip.setAttribute("aria-pressed", String(chosen === dayIn(Number(chip.dataset["inDays"]))));
  };

  on(view, "input", "[data-text]", (box) => {
    page.form()[box.dataset["text"] ?? ""] = value(box);
    if (value(box).length > 19_000) check();
    else error(box.dataset["text"] ?? "", "");
    page.changed();
  });
  on(view, "input", "[data-lines]", (box) => {
    page.form()[box.dataset["lines"] ?? ""] = value(box).split("\n").map((line) => line.trim()).filter(Boolean);
    page.changed();
  });
  on(view, "input", "[data-number]", (box) => {
    const number = /** @type {HTMLInputElement} */ (box);
    check();
    page.form()[box.dataset["number"] ?? ""] = number.value !== "" && number.validity.valid ? Number(number.value) : null;
    page.changed();
  });
  on(view, "change", "[data-time]", (box) => {
    const at = new Date(value(box));
    page.form()[box.dataset["time"] ?? ""] = Number.isNaN(at.getTime()) ? null : at.toISOString();
    page.changed();
  });
  on(view, "change", "[data-select]", (box) => {
    page.form()[box.dataset["select"] ?? ""] = value(box);
    page.changed();
  });
  on(view, "change", "[data-switch]", (box) => {
    page.form()[box.dataset["switch"] ?? ""] = /** @type {HTMLInputElement} */ (box).checked;
    page.changed();
  });
  on(view, "input", "[data-next]", () => {
    nextStep();
    showDays();
    page.changed();
  });
  on(view, "click", "[data-in-days]", (chip) => {
    const day = dayIn(Number(chip.dataset["inDays"]));
    const box = one('[data-next="on"]', view);
    put(box, value(box) === day ? "" : day);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
  on(view, "click", "[data-phrase]", (chip) => {
    const box = one("textarea", /** @type {HTMLElement} */ (chip.closest(".step")));
    const before = value(box).trimEnd();
    put(box, before ? `${before}${box.hasAttribute("data-lines") ? "\n" : /[。.!？?；;]$/.test(before) ? " " : "；"}${chip.dataset["phrase"]}` : chip.dataset["phrase"]);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
  on(view, "click", "[data-code][data-programme]", (chip) => {
    const code = chip.dataset["code"] ?? "";
    const chosen = /** @type {string[]} */ (page.form()["programmes"] ?? []);
    page.form()["programmes"] = chosen.includes(code) ? chosen.filter((c) => c !== code) : [...chosen, code];
    chip.setAttribute("aria-pressed", String(!chosen.includes(code)));
    page.changed();
  });
  on(view, "click", "[data-absent]", (chip) => {
    const field = chip.dataset["absent"] ?? "";
    const on = page.form()[field] !== chip.dataset["code"];
    page.form()[field] = on ? chip.dataset["code"] : "";
    page.changed();
    showAbsent();
  });

  const showAbsent = () => {
    for (const chip of all("[data-absent]", view)) chip.setAttribute("aria-pressed", String(page.form()[chip.dataset["absent"] ?? ""] === chip.dataset["code"]));
  };

  const chips = () => {
    for (const holder of all("[data-phrases]", view)) {
      const phrases = page.phrases().filter(({ field }) => field === holder.dataset["phrases"]);
      holder.replaceChildren(
        ...phrases.map(({ text }) => {
          const chip = copy("phrase");
          chip.textContent = text;
          chip.dataset["phrase"] = text;
          return chip;
        }),
      );
      holder.hidden = phrases.length === 0;
    }
    const chosen = /** @type {string[]} */ (page.form()["programmes"] ?? []);
    one('[data-chips="programmes"]', view).replaceChildren(
      ...page.programmes().map((programme) => {
        const chip = copy("chip");
        chip.textContent = nameOf(programme);
        chip.dataset["code"] = programme.code;
        chip.dataset["programme"] = "";
        chip.setAttribute("aria-pressed", String(chosen.includes(programme.code)));
        return chip;
      }),
    );
  };

  /** @param {string} selector @param {{value: string, text: string}[]} options */
  const options = (selector, options) => {
    const select = one(selector, view);
    const first = /** @type {HTMLElement} */ (select.firstElementChild);
    select.replaceChildren(first, ...options.map(({ value: key, text }) => new Option(text, key)));
  };

  return {
    check,
    /** Whether the browser holds something that is no number, or more text than fits. @returns {HTMLElement|null} */
    firstWrong() {
      check();
      return view.querySelector('[aria-invalid="true"]');
    },
    show() {
      const form = page.form();
      chips();
      options('[data-next="by"]', page.officers().map(({ id, name }) => ({ value: id, text: name })));
      options('[data-select="stage"]', page.stages().map((stage) => ({ value: stage.code, text: nameOf(stage) })));
      for (const box of all("[data-text]", view)) put(box, form[box.dataset["text"] ?? ""]);
      for (const box of all("[data-lines]", view)) put(box, (form[box.dataset["lines"] ?? ""] ?? []).join("\n"));
      for (const box of all("[data-number]", view)) put(box, form[box.dataset["number"] ?? ""]);
      for (const box of all("[data-select]", view)) put(box, form[box.dataset["select"] ?? ""]);
      for (const box of all("[data-switch]", view)) /** @type {HTMLInputElement} */ (box).checked = Boolean(form[box.dataset["switch"] ?? ""]);
      for (const box of all("[data-time]", view)) {
        const at = form[box.dataset["time"] ?? ""];
        put(box, at ? new Date(new Date(at).getTime() - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16) : "");
      }
      const next = form["next_step"] ?? {};
      for (const part of ["text", "on", "by"]) put(one(`[data-next="${part}"]`, view), next[part]);
      showDays();
      showAbsent();
      check();
    },
  };
}
