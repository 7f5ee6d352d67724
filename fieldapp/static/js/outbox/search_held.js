/**
 * The search without a network: what this phone holds of the zone, and one's own visits. The same rules as the server's:
 * every word has to be in it, two characters find a text, one finds names of enterprises and numbers only, the last four
 * digits find a person whose number is here.
 * @import { OutboxRecord } from "./types.js"
 * @import { Project } from "./search.js"
 * @typedef {{id: string, enterprise?: string|null, name: string, title?: string, phone?: string}} Contact
 * @typedef {{id: string, title?: string, number?: string|null, project?: string, state?: string}} Issue
 * @typedef {{projects: Project[], contacts: Contact[], issues: Issue[], records: OutboxRecord[]}} Held
 * @typedef {"enterprise"|"project"|"contact"|"issue"|"visit"} Kind
 * @typedef {{kind: Kind, id: string, of: any, snippet: string}} Hit
 */
import { searchProjects } from "./search.js";

const MOST = 20;
const BEFORE = 16;
const SHOWN = 80;
const TEXTS = ["content", "progress", "needs", "problems", "answers", "typed_project"];

/**
 * @param {Held} held
 * @param {string} query
 * @returns {{kind: Kind, hits: Hit[]}[]}  those that found something, each with at most 20
 */
export function searchHeld(held, query) {
  const words = fold(query).split(" ").filter(Boolean);
  if (words.length === 0) return [];
  const single = words.every((word) => [...word].length < 2);
  /** @type {Record<Kind, Hit[]>} */
  const found = {
    enterprise: enterprises(held.projects, words),
    project: single ? [] : searchProjects(held.projects, query).map((of) => ({ kind: "project", id: of.id, of, snippet: "" })),
    contact: single ? [] : contacts(held.contacts, words),
    issue: issues(held.issues, words, single),
    visit: visits(held.records, words, single),
  };
  return /** @type {Kind[]} */ (Object.keys(found)).map((kind) => ({ kind, hits: found[kind].slice(0, MOST) })).filter(({ hits }) => hits.length > 0);
}

/** @param {Project[]} projects @param {string[]} words @returns {Hit[]} */
function enterprises(projects, words) {
  const each = new Map(projects.map(({ enterprise }) => [enterprise?.id, enterprise]));
  each.delete(undefined);
  return [...each.values()]
    .filter((one) => holds([one?.name, one?.initials], words))
    .sort((a, b) => (a?.name ?? "").localeCompare(b?.name ?? "", "zh"))
    .map((of) => ({ kind: "enterprise", id: String(of?.id), of, snippet: "" }));
}

/** @param {Contact[]} list @param {string[]} words @returns {Hit[]} */
function contacts(list, words) {
  const tail = words.length === 1 && /^\d{4}$/.test(words[0] ?? "") ? words[0] : null;
  return list
    .filter((one) => holds([one.name, one.title], words) || (tail !== null && digits(one.phone).endsWith(String(tail))))
    .map((of) => ({ kind: "contact", id: of.id, of, snippet: "" }));
}

/** @param {Issue[]} rows @param {string[]} words @param {boolean} single @returns {Hit[]} */
function issues(rows, words, single) {
  const each = [...new Map(rows.map((row) => [row.id, row])).values()];
  return each
    .filter((one) => numbered(one.number, "xq", words) || (!single && holds([one.title], words)))
    .map((of) => ({ kind: "issue", id: of.id, of, snippet: "" }));
}

/** Own visits, the newest first; one that is being edited is found by what is on its page now. @param {OutboxRecord[]} records @param {string[]} words @param {boolean} single @returns {Hit[]} */
function visits(records, words, single) {
  const own = records.filter(({ type }) => type === "visit").sort((a, b) => when(b) - when(a));
  return own.flatMap((of) => {
    const texts = textsOf(of);
    const number = numbered(of.outcome?.["number"], "zf", words);
    if (!number && (single || !holds([...texts, of.title], words))) return [];
    return [{ kind: /** @type {Kind} */ ("visit"), id: of.id, of, snippet: snippet(texts, words) }];
  });
}

/** @param {OutboxRecord} record */
function when(record) {
  return Date.parse(record.occurred?.at ?? record.recorded_at) || 0;
}

/** @param {OutboxRecord} record @returns {string[]} */
function textsOf(record) {
  const form = /** @type {Record<string, any>} */ (record.form);
  const people = [...(form["met"] ?? []), ...(form["outside"] ?? [])].map((one) => [one.unit, one.name, one.title].filter(Boolean).join(" "));
  const opened = (form["issue_events"] ?? form["issues"] ?? []).flatMap((/** @type {any} */ one) => [one?.title, one?.text]);
  const asked = (form["asked"] ?? []).map((/** @type {any} */ one) => `${one.text ?? ""} ${one.answer}`);
  const all = [...TEXTS.map((name) => form[name]), form["next_step"]?.text, ...people, ...asked, ...opened];
  return all.filter((text) => typeof text === "string" && text !== "");
}

/** @param {(string|null|undefined)[]} texts @param {string[]} words */
function holds(texts, words) {
  const said = texts.map((text) => fold(text ?? ""));
  return words.every((word) => said.some((text) => text.includes(word)));
}

/** ZF-2026-000128, also as 128, zf128 or 2026-128. @param {string|null|undefined} number @param {string} prefix @param {string[]} words */
function numbered(number, prefix, words) {
  const told = /^(?:(zf|xq)-?)?(?:(20\d\d)-)?0*(\d{1,9})$/.exec(words.length === 1 ? (words[0] ?? "") : "");
  const is = /^(?:ZF|XQ)-(\d{4})-0*(\d+)$/.exec(number ?? "");
  if (!told || !is || (told[1] && told[1] !== prefix)) return false;
  return told[3] === is[2] && (!told[2] || told[2] === is[1]);
}

/** @param {string[]} texts @param {string[]} words */
function snippet(texts, words) {
  for (const text of texts) {
    const line = text.split(/\s+/).join(" ");
    const at = words.map((word) => line.toLowerCase().indexOf(word)).filter((place) => place >= 0);
    if (at.length === 0) continue;
    const begin = Math.max(0, Math.min(...at) - BEFORE);
    return (begin ? "…" : "") + line.slice(begin, begin + SHOWN) + (begin + SHOWN < line.length ? "…" : "");
  }
  return "";
}

/** @param {string} text */
function fold(text) {
  return text.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean).join(" ");
}

/** @param {string|undefined} phone */
function digits(phone) {
  return (phone ?? "").normalize("NFKC").replace(/\D/g, "");
}
