/**
 * Which questions a kind of visit asks, in which order, and which stay folded away.
 * @typedef {{code: string, photos?: string, position?: string, fields?: string[], icon?: string, zh?: string, en?: string, name?: string}} Kind
 */

/** Every step of the form but project, kind and time, in the order in which a visit happens. */
export const STEPS = [
  "photos", "position", "met", "content", "progress", "progress_percent", "stage", "needs", "problems", "answers", "issues",
  "policy_items", "programmes", "next_step", "ended_at", "participants", "outside", "projects", "sensitive",
];
export const TEXTS = ["content", "progress", "needs", "problems", "answers"];
const SAME = new Map([["issue_events", "issues"], ["enterprises", "projects"]]);
const UNKNOWN = ["content", "progress", "needs", "problems", "answers", "next_step"];

/**
 * @param {Kind|null} kind
 * @returns {{asked: string[], more: string[], open: string[]}}  open = unfolded from the start
 */
export function order(kind) {
  const listed = (kind?.fields ?? UNKNOWN).map((name) => SAME.get(name) ?? name);
  const asked = [...new Set(listed)].filter((name) => STEPS.includes(name));
  const wanted = (/** @type {string} */ name) => (name === "photos" ? kind?.photos : kind?.position) ?? "optional";
  if (wanted("photos") !== "none" && !asked.includes("photos")) asked.unshift("photos");
  // The position finds itself meanwhile: after the camera where that comes first, else on top.
  if (wanted("position") !== "none" && !asked.includes("position")) asked.splice(asked[0] === "photos" ? 1 : 0, 0, "position");
  if (!asked.includes("issues")) {
    const before = asked.indexOf("next_step");
    asked.splice(before === -1 ? asked.length : before, 0, "issues");
  }
  const firstText = asked.find((name) => TEXTS.includes(name));
  const manyFirms = kind?.fields?.includes("enterprises") ?? false; // chosen there, and first of all
  const open = asked.filter((name) => name === firstText || (name === "projects" && manyFirms) || ((name === "photos" || name === "position") && wanted(name) === "expected"));
  return { asked, more: STEPS.filter((name) => !asked.includes(name)), open };
}
