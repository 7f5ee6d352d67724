/**
 * What is still wished for, never demanded (design 5): shown beside the save button, in this order.
 * @import { Form } from "../../outbox/types.js"
 * @typedef {{photos?: string, position?: string, fields?: string[]}} Kind
 */

const TEXTS = ["content", "progress", "needs", "problems", "answers"];

/**
 * @param {Kind|null} kind
 * @param {Form} form
 * @param {{photos: number, later: boolean}} seen
 * @returns {("project"|"text"|"photos"|"position")[]}
 */
export function wishes(kind, form, seen) {
  /** @type {("project"|"text"|"photos"|"position")[]} */
  const left = [];
  if (!form["project"] && !form["typed_project"] && !form["enterprises"]?.length) left.push("project");
  if (!TEXTS.some((name) => String(form[name] ?? "").trim())) left.push("text");
  if (kind?.photos === "expected" && seen.photos === 0 && !form["photos_absent"]) left.push("photos");
  const place = kind?.position === "expected" && !form["position"] && !form["position_absent"];
  if (place && !seen.later) left.push("position");
  return left;
}

export const LONGEST = 20_000;

/**
 * Fields whose text is too long, with the number of characters too many (a character as the server counts it).
 * @param {Form} form
 * @returns {{field: string, over: number}[]}
 */
export function tooLong(form) {
  return TEXTS.map((field) => ({ field, over: [...String(form[field] ?? "")].length - LONGEST })).filter((f) => f.over > 0);
}
