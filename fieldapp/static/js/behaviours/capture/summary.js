/**
 * What each folded step says about itself, and what is still welcome.
 * @import { OpenVisit } from "./visit.js"
 * @import { Page } from "./page.js"
 */
import { accuracyWord } from "../../outbox/geo.js";
import { one } from "../dom.js";
import { nameOf, say, sayTime, titleOf } from "../words.js";
import { TEXTS } from "./order.js";
import { wishes } from "./wishes.js";

/** @param {{name?: string}[]} people @param {string} [several]  the word for more than two */
function names(people, several = "people") {
  const known = people.map(({ name }) => name).filter(Boolean);
  return known.length > 2 ? say(several, { name: String(known[0]), n: known.length - 1 }) : known.join(say("and"));
}

/** @param {any} position @returns {string} the key of a word */
function positionWord(position) {
  if (!position) return "none";
  if (position.source !== "manual") return accuracyWord(position.accuracy_m);
  return position.raw?.from === "project" ? "project" : "manual";
}

/** @param {any} position */
function positionText(position) {
  const metres = position?.accuracy_m && say("metres", { m: Math.round(position.accuracy_m) });
  return position && [say(`accuracy-${positionWord(position)}`), metres].filter(Boolean).join(" · ");
}

/** @param {string} step @param {string|undefined|false|null} text */
function value(step, text) {
  const section = one(`[data-step="${step}"]`);
  one("[data-value]", section).textContent = text || "";
  section.toggleAttribute("data-done", Boolean(text));
}

/**
 * @param {Page} page
 * @param {OpenVisit} visit
 * @param {any} kind
 * @param {boolean} later
 */
export function summarise(page, visit, kind, later) {
  const { form, photos, occurred } = visit;
  const { ref } = page;
  const find = (/** @type {any[]} */ list, /** @type {string} */ id) => list.find((each) => (each.id ?? each.code) === id);
  const project = find(ref.projects, form["project"]);
  const typed = form["typed_project"] && say("typed-project", { name: form["typed_project"] });
  value("project", project ? titleOf(project) : typed || (form["project"] && visit.title));
  if (!form["project"] && !typed) one('[data-step="project"] [data-value]').textContent = say("no-project");
  value("kind", kind && nameOf(kind));
  const word = one(`[name="when"][value="${occurred.said}"]`).closest("label")?.textContent?.trim();
  value("when", occurred.said === "now" || occurred.said === "just_now" ? word : sayTime(occurred.at ?? visit.recordedAt));
  value("photos", photos.length > 0 && say("photos-n", { n: photos.length }));
  value("position", positionText(form["position"]));
  for (const name of TEXTS) value(name, form[name]?.trim().split("\n")[0]);
  value("met", names(form["met"] ?? []));
  value("outside", names((form["outside"] ?? []).map((/** @type {any} */ other) => ({ name: other.name || other.unit }))));
  value("participants", names((form["participants"] ?? []).map((/** @type {string} */ id) => find(ref.officers, id) ?? {})));
  value("issues", form["issue_events"].length > 0 && say("issues-n", { n: form["issue_events"].length }));
  value("programmes", (form["programmes"] ?? []).map((/** @type {string} */ code) => nameOf(find(ref.programmes, code) ?? {})).join(say("and")));
  value("policy_items", form["policy_items"]?.join(say("and")));
  value("next_step", [form["next_step"]?.on, form["next_step"]?.text].filter(Boolean).join(" · "));
  value("progress_percent", form["progress_percent"] != null && `${form["progress_percent"]} %`);
  value("stage", nameOf(find(ref.stages, form["stage"]) ?? {}));
  value("ended_at", form["ended_at"] && sayTime(form["ended_at"]));
  const firm = (/** @type {string} */ id, /** @type {number} */ i) => (i < 2 ? (ref.projects.find(({ enterprise }) => enterprise?.id === id)?.enterprise ?? { name: id }) : { name: id });
  value("projects", names([...(form["projects"] ?? []).map((/** @type {string} */ id) => find(ref.projects, id) ?? {}), ...(form["enterprises"] ?? []).map(firm)], "several"));
  value("sensitive", form["sensitive"] && say("sensitive"));
  const left = wishes(kind, form, { photos: photos.length, later }).map((wish) => say(`wish-${wish}`));
  one("[data-wish]").textContent = left.length ? say("wish", { what: left.join(say("and")) }) : say("wish-none");
  one("[data-photos-absent]").hidden = photos.length > 0 || kind?.photos !== "expected";
}
