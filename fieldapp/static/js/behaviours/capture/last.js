/**
 * Like last time: whom one met at this project and what was to come next, from the last visit that this phone knows of.
 * @import { Form } from "../../outbox/types.js"
 * @typedef {{project: string, on: string, met?: {name?: string, title?: string, contact?: string}[], next_step?: string}} Last
 */

/**
 * The later of what the office told and what was logged here.
 * @param {Last[]} told
 * @param {Record<string, Last>} logged
 * @param {string} project
 * @returns {Last|null}
 */
export function lastAt(told, logged, project) {
  const known = [told.find((each) => each.project === project), logged[project]].filter((each) => each !== undefined);
  known.sort((a, b) => new Date(b.on).getTime() - new Date(a.on).getTime());
  return known[0] ?? null;
}

/**
 * What one tap would fill in: only what is still empty. A day of last time is past, so none comes along.
 * @param {Form} form
 * @param {Last|null} last
 * @returns {{met?: any[], next_step?: any}|null}  null = nothing
 */
export function likeLast(form, last) {
  if (!last) return null;
  const met = !form["met"]?.length && last.met?.length ? { met: last.met.map((person) => ({ name: "", title: "", ...person })) } : {};
  const open = !form["next_step"]?.text?.trim() && last.next_step;
  const step = open ? { next_step: { on: null, by: null, by_name: "", ...form["next_step"], text: last.next_step } } : {};
  const filled = { ...met, ...step };
  return Object.keys(filled).length ? filled : null;
}

/**
 * In words: the names, then the step.
 * @param {{met?: any[], next_step?: any}} filled
 * @param {string} and
 */
export const inWords = (filled, and) =>
  [(filled.met ?? []).map(({ name }) => name).filter(Boolean).join(and), filled.next_step?.text].filter(Boolean).join(" · ");
