/**
 * `/search` without a network: a page of the shell that searches what this phone holds, and says so.
 * @import { Ctx, Row } from "../outbox/types.js"
 * @import { Hit } from "../outbox/search_held.js"
 */
import { copy, fill, input, one } from "./dom.js";
import { nameOf, say, sayTime, titleOf } from "./words.js";
import { read } from "../outbox/reference.js";
import { searchHeld } from "../outbox/search_held.js";

/** @param {Ctx} ctx @param {Row[]} rows */
export async function showSearch(ctx, rows) {
  const [projects, contacts, issues, kinds] = await Promise.all(["projects", "contacts", "open_issues", "kinds"].map((name) => read(ctx, name)));
  const held = { projects: projects ?? [], contacts: contacts ?? [], issues: issues ?? [], records: rows.map(({ record }) => record) };
  const kindOf = new Map((kinds ?? []).map((/** @type {any} */ kind) => [kind.code, nameOf(kind)]));
  const box = input("[data-find]");
  const draw = () => {
    const groups = searchHeld(held, box.value);
    one("[data-list-here]").replaceChildren(...groups.flatMap(({ kind, hits }) => [heading(kind), ...hits.map((hit) => line(hit, kindOf))]));
    one("[data-none]").hidden = groups.length > 0 || box.value.trim() === "";
  };
  box.value = new URLSearchParams(location.search).get("q") ?? "";
  box.placeholder = say("search-everything");
  box.labels?.[0]?.replaceChildren(say("search-everything"));
  box.addEventListener("input", draw);
  draw();
  one("[data-finder]").hidden = one("[data-search-held]").hidden = false;
  if (!box.value) box.focus();
}

/** @param {string} kind */
function heading(kind) {
  return fill(copy("found-kind"), { kind: say(`found-${kind}`) });
}

/** @param {Hit} hit @param {Map<string, string>} kindOf */
function line({ kind, id, of, snippet }, kindOf) {
  const made = fill(copy("found"), { ...words(kind, of, kindOf), snippet });
  /** @type {HTMLAnchorElement} */ (one("a", made)).href = addressOf(kind, id, of);
  return made;
}

/** @param {string} kind @param {any} of @param {Map<string, string>} kindOf */
function words(kind, of, kindOf) {
  if (kind === "project") return { title: titleOf(of), sub: of.enterprise?.name ?? "" };
  if (kind === "contact") return { title: of.name, sub: [of.title, of.phone].filter(Boolean).join(" · ") };
  if (kind === "issue") return { title: of.title || say("issue-untitled"), sub: of.number ?? "" };
  if (kind === "enterprise") return { title: of.name ?? "", sub: "" };
  const sub = [kindOf.get(of.form.kind), sayTime(of.occurred?.at ?? of.recorded_at), of.outcome?.number];
  return { title: of.title || of.form.typed_project || say("untitled"), sub: sub.filter(Boolean).join(" · ") };
}

/** A visit that has not left the phone has no page yet; all else opens as its page does without a network. @param {string} kind @param {string} id @param {any} of */
function addressOf(kind, id, of) {
  if (kind === "visit") return of.ever_2xx ? `/visits/${id}` : "/outbox";
  if (kind === "contact") return of.enterprise ? `/enterprises/${of.enterprise}` : "/enterprises";
  return `/${kind}s/${id}`;
}
