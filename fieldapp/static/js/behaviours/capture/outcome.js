/**
 * How a call went, in the words of the entry itself: nobody answered is an entry too, and calling again is a next step.
 * @import { Form } from "../../outbox/types.js"
 * @typedef {"answered"|"missed"|"later"} Outcome
 * @typedef {{missed: string, later: string, again: string}} Words
 */

/**
 * @param {Form} form
 * @param {Words} words
 * @returns {Outcome|""}
 */
export function outcomeOf(form, words) {
  const text = String(form["content"] ?? "").trim();
  if (text === "") return "";
  return text === words.missed ? "missed" : text === words.later ? "later" : "answered";
}

/**
 * What was typed stays; only what a tap had put there goes with the next tap.
 * @param {Form} form
 * @param {Outcome} outcome
 * @param {Words} words
 * @param {string} today
 * @returns {{content: string, next_step: any}}
 */
export function afterCall(form, outcome, words, today) {
  const typed = outcomeOf(form, words) === "answered" ? String(form["content"]) : "";
  const own = form["next_step"] && form["next_step"].text !== words.again ? form["next_step"] : null;
  const again = { text: words.again, on: today, by: null, by_name: "" };
  const said = outcome === "answered" ? "" : words[outcome];
  return {
    content: typed || said,
    next_step: outcome === "later" ? (own ?? again) : own,
  };
}
