/**
 * What the parts of the capture page share: its views, and the reference data as far as the phone has it.
 * @import { Ctx, Id } from "../../outbox/types.js"
 * @import { Project } from "../../outbox/search.js"
 * @typedef {{kinds: any[], categories: any[], programmes: any[], phrases: any[], units: any[], officers: any[], stages: any[], projects: Project[], contacts: any[], open_issues: any[], recent_projects: string[], last_kind_by_project: Record<string, string>, last_by_project: Record<string, import("./last.js").Last>, last_visits: import("./last.js").Last[], last_programmes: string[], me: any, questions: any[], progress: any[]}} Reference
 * @typedef {{ctx: Ctx, me: {id: Id, name: string}, ref: Reference, asked: URLSearchParams, near: () => {lat: number, lng: number}|null, pick: (mode: "main"|"further") => void, backToForm: () => void}} Page
 */
import { read } from "../../outbox/reference.js";
import { all, fill, one } from "../dom.js";
import { say } from "../words.js";

const KINDS_KEPT = "fieldapp-kinds"; // kinds of visit are nobody's data: they outlive the purge of the rest
const NAMES = ["kinds", "categories", "programmes", "phrases", "units", "officers", "stages", "projects", "contacts", "open_issues", "recent_projects", "last_kind_by_project", "last_by_project", "last_visits", "last_programmes", "me", "questions", "progress"];

/** @param {string} name */
export function view(name) {
  for (const each of all("[data-view]")) each.hidden = each.dataset["view"] !== name;
  for (const own of ["[data-another]", ".savebar"]) one(own).hidden = name !== "form";
  scrollTo(0, 0);
}

/** A visit that cannot be opened here, with the reason. @param {string} key */
export function closed(key) {
  fill(one('[data-view="closed"]'), { why: say(key) });
  view("closed");
}

/** All of it may be missing: capture works with a typed name and a kind. @param {Ctx} ctx @returns {Promise<Reference>} */
export async function readReference(ctx) {
  const values = await Promise.all(NAMES.map((name) => read(ctx, name).catch(() => null)));
  /** @type {any} */
  const found = Object.fromEntries(NAMES.map((name, i) => [name, values[i] ?? []]));
  if (found.kinds.length > 0) localStorage.setItem(KINDS_KEPT, JSON.stringify(found.kinds));
  else found.kinds = JSON.parse(localStorage.getItem(KINDS_KEPT) ?? "[]");
  if (found.kinds.length === 0) found.kinds = [{ code: "site_visit", zh: say("fallback-kind"), en: say("fallback-kind"), photos: "optional", position: "optional" }];
  return found;
}
