/**
 * Construction progress on the spot: what was said last time, one tap where nothing has changed, and the stage.
 * @typedef {{code: string, zh?: string, en?: string, order?: number}} Stage
 * @typedef {{project: string, text: string, on: string, by?: string, percent?: number|null}} Last
 */
import { all, copy, fill, input, on, one } from "../dom.js";
import { nameOf, say, sayDay } from "../words.js";

const STAGES_AHEAD = 2;

/**
 * The text after a tap on "no change": it comes and goes, and what was typed stays.
 * @param {string} text
 * @param {string} phrase
 */
export function toggled(text, phrase) {
  if (text.trim() === phrase) return "";
  if (text.trim() === "") return phrase;
  return text.includes(phrase) ? text : `${phrase}；${text}`;
}

/**
 * The stage on record and those that come next, which one tap can name; the rest is in the list of all.
 * @param {Stage[]} stages
 * @param {string} current  on record
 * @param {string} seen  chosen already
 * @returns {Stage[]}
 */
export function nearStages(stages, current, seen) {
  const ordered = [...stages].sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
  const at = ordered.findIndex(({ code }) => code === current);
  if (at === -1) return [];
  const near = ordered.slice(at, at + 1 + STAGES_AHEAD);
  const chosen = ordered.find(({ code }) => code === seen);
  return chosen && !near.includes(chosen) ? [...near, chosen] : near;
}

/**
 * @param {DocumentFragment} part
 * @param {{form: () => Record<string, any>, last: () => Last|undefined, stages: () => Stage[], stage: () => string}} page
 */
export function setUpProgress(part, page) {
  const box = /** @type {HTMLTextAreaElement} */ (one('[data-text="progress"]'));
  const before = one("[data-last-progress]", /** @type {any} */ (part));
  const stages = one("[data-stages]", /** @type {any} */ (part));
  const select = input('[data-select="stage"]');
  box.before(before);
  one('[data-step="progress"] .step-body').append(stages);

  const show = () => {
    const last = page.last();
    before.hidden = !last;
    fill(before, { last: last && say("last-progress", { when: sayDay(last.on), text: last.text, percent: last.percent == null ? "" : ` · ${last.percent}%` }) });
    one("[data-no-change]", before).setAttribute("aria-pressed", String(box.value.includes(say("no-change"))));
    const seen = page.form()["stage"] || page.stage();
    const near = nearStages(page.stages(), page.stage(), seen);
    stages.hidden = near.length === 0;
    one("[data-stage-chips]", stages).replaceChildren(
      ...near.map((stage) => {
        const chip = copy("chip");
        chip.textContent = nameOf(stage);
        chip.dataset["stage"] = stage.code;
        chip.setAttribute("aria-pressed", String(stage.code === seen));
        return chip;
      }),
    );
    one("[data-stage-hint]", stages).hidden = seen === page.stage();
  };

  one("[data-no-change]", before).addEventListener("click", () => {
    box.value = toggled(box.value, say("no-change"));
    box.dispatchEvent(new Event("input", { bubbles: true }));
    show();
  });
  on(stages, "click", "[data-stage]", (chip) => {
    const code = chip.dataset["stage"] ?? "";
    select.value = code === page.stage() ? "" : code;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    show();
    all("[data-stage]", stages).find((each) => each.dataset["stage"] === code)?.focus();
  });
  select.addEventListener("change", show);

  return { show };
}
