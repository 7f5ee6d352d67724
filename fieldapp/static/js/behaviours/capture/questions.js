/**
 * What to ask: up to five questions, those of the project's stage first, then those of 在建 or 投产.
 * @typedef {{code: string, zh?: string, en?: string, stages: string[], scope: string, order: number}} Question
 * @typedef {{question: string, text: string, answer: string}} Asked
 */
import { copy, input, on, one } from "../dom.js";
import { nameOf, say } from "../words.js";

export const MOST = 5;
const FIRST_BUILDING = "S07";
const FIRST_PRODUCING = "S12";

/** @param {string} stage */
export function scopeOf(stage) {
  if (stage === "") return "";
  return stage < FIRST_BUILDING ? "before" : stage < FIRST_PRODUCING ? "building" : "producing";
}

/**
 * @param {Question[]} questions
 * @param {string} stage
 * @returns {Question[]}
 */
export function questionsAt(questions, stage) {
  const ordered = [...questions].sort((a, b) => a.order - b.order);
  const own = ordered.filter(({ stages }) => stages.includes(stage));
  const general = ordered.filter(({ stages, scope }) => stages.length === 0 && scope !== "" && scope === scopeOf(stage));
  return [...own, ...general].slice(0, MOST);
}

/**
 * What has been asked, after an answer was typed; one taken back leaves nothing.
 * @param {Asked[]} asked
 * @param {Asked} said
 * @returns {Asked[]}
 */
export function answered(asked, said) {
  if (said.answer.trim() === "") return asked.filter(({ question }) => question !== said.question);
  const known = asked.some(({ question }) => question === said.question);
  return known ? asked.map((each) => (each.question === said.question ? said : each)) : [...asked, said];
}

/**
 * Those to show: what was answered keeps its words, though the list or the stage may say otherwise by now.
 * @param {{code: string, text: string}[]} now
 * @param {Asked[]} asked
 * @returns {{code: string, text: string}[]}
 */
export function shown(now, asked) {
  const known = new Set(now.map(({ code }) => code));
  return [...now, ...asked.filter(({ question }) => !known.has(question)).map(({ question, text }) => ({ code: question, text }))];
}

/**
 * @param {DocumentFragment} part
 * @param {{form: () => Record<string, any>, questions: () => Question[], stage: () => string, changed: () => void, wanted: () => boolean}} page
 */
export function setUpQuestions(part, page) {
  const section = one('[data-step="asked"]', /** @type {any} */ (part));
  const list = one("[data-questions]", section);
  const asked = () => /** @type {Asked[]} */ (page.form()["asked"] ?? []);

  const summary = () => {
    one("[data-value]", section).textContent = asked().length ? say("answered-n", { n: asked().length }) : "";
    section.toggleAttribute("data-done", asked().length > 0);
  };

  const show = () => {
    const now = questionsAt(page.questions(), page.stage()).map((question) => ({ code: question.code, text: nameOf(question) }));
    const lines = shown(page.wanted() ? now : [], asked());
    list.replaceChildren(
      ...lines.map(({ code, text }) => {
        const line = copy("question");
        one("[data-slot]", line).textContent = text;
        const box = input("input", line);
        box.dataset["question"] = code;
        box.dataset["words"] = text;
        box.value = asked().find(({ question }) => question === code)?.answer ?? "";
        return line;
      }),
    );
    section.hidden = lines.length === 0;
    summary();
  };

  on(list, "input", "[data-question]", (box) => {
    const said = { question: box.dataset["question"] ?? "", text: box.dataset["words"] ?? "", answer: /** @type {HTMLInputElement} */ (box).value };
    page.form()["asked"] = answered(asked(), said);
    summary();
    page.changed();
  });

  return {
    show,
    section,
  };
}
