/**
 * A visit that a colleague has sent already, said once more: what an addition to theirs carries of this form.
 * @import { Form, Id } from "../../outbox/types.js"
 */

export const LONGEST = 20_000;
/** What an addition has no place for: then there are two visits. */
const UNSAID = [
  "milestones", "sensitive", "follow_up", "enterprises", "projects", "stage", "ended_at", "outside", "policy_items",
];
const TEXTS = ["content", "progress", "needs", "problems", "answers"];

/** @param {any} value */
const empty = (value) => value == null || value === "" || value === false || (Array.isArray(value) && value.length === 0);

/**
 * @param {Form} form
 * @param {Record<string, string>} labels  of texts, `met`, `programmes` and `next_step`
 * @param {Record<string, string>} programmes  their names, by code
 * @returns {string}
 */
function textOf(form, labels, programmes) {
  const met = (form["met"] ?? []).map((/** @type {any} */ person) => [person.name, person.title].filter(Boolean).join(" "));
  const asked = (form["asked"] ?? []).filter((/** @type {any} */ each) => each.answer?.trim());
  const next = form["next_step"];
  const lines = [
    ["met", met.join("、")],
    ...TEXTS.map((name) => [name, String(form[name] ?? "").trim()]),
    ["progress_percent", form["progress_percent"] == null ? "" : `${form["progress_percent"]} %`],
    ...asked.map((/** @type {any} */ { text, answer }) => [text, answer.trim()]),
    ["programmes", (form["programmes"] ?? []).map((/** @type {string} */ code) => programmes[code] ?? code).join("、")],
    ["next_step", [next?.on, next?.text].filter(Boolean).join(" ")],
  ];
  return lines.flatMap(([name, text]) => (text ? [`${labels[/** @type {string} */ (name)] ?? name}：${text}`] : [])).join("\n");
}

/**
 * null where something would be lost on the way.
 * @param {Form} form
 * @param {{visit: Id, me: Id, photos: Id[], labels: Record<string, string>, programmes?: Record<string, string>}} given
 * @returns {{form: Form, events: Form[]}|null}
 */
export function additionOf(form, { visit, me, photos, labels, programmes = {} }) {
  if (UNSAID.some((name) => !empty(form[name]))) return null;
  if ((form["met"] ?? []).some((/** @type {any} */ person) => person.phone?.trim())) return null; // a contact to be added
  const text = textOf(form, labels, programmes);
  if ([...text].length > LONGEST) return null;
  const participants = [...new Set([me, ...(form["participants"] ?? [])])];
  const next = form["next_step"];
  // What one will do oneself becomes one's own follow-up; the text says it to the others.
  const promised = next?.text?.trim() || next?.on ? { next_step: next } : {};
  return { form: { visit, type: "addition", text, photos, participants, ...promised }, events: form["issue_events"] ?? [] };
}
