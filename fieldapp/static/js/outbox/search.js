/**
 * Finds a project among ten thousand while one types: by name, by the first letters of its pinyin, by its enterprise, by
 * its phase. Every word typed has to match somewhere.
 * @typedef {object} Project
 * @property {string} id
 * @property {string} name
 * @property {string} [phase]
 * @property {string} [initials]
 * @property {{id?: string, name?: string, initials?: string}|null} [enterprise]
 * @property {string} [stage]
 * @property {number|null} [lat]
 * @property {number|null} [lng]
 * @property {string} [area]
 * @property {boolean} [mine]
 * @property {string|null} [last_contact_at]
 */
import { distanceM } from "./geo.js";

const MOST = 50;
// What a match is worth: the name before the letters, the project before its enterprise, the beginning before the middle.
const NAME = { same: 100, start: 80, inside: 60 };
const INITIALS = { same: 75, start: 55, inside: 25 };
const ENTERPRISE = { same: 50, start: 45, inside: 35 };
const ENTERPRISE_INITIALS = { same: 40, start: 30, inside: 15 };
const PHASE = { same: 40, start: 30, inside: 20 };
const MINE = 6;
const RECENT = 8;
const NEAR = 5;
const NEAR_M = 2_000;

/** @typedef {{name: string, initials: string, enterprise: string, enterpriseInitials: string, phase: string}} Words */
/** @type {WeakMap<object, Words[]>} */
const prepared = new WeakMap();

/**
 * At most 50, best first. Empty query: the recent ones in their order, then the nearest, then mine, then by name.
 * @template {Project} P
 * @param {P[]} projects
 * @param {string} query
 * @param {{near?: {lat: number, lng: number}|null, recent?: string[]}} [here]
 * @returns {(P & {distance_m: number|null})[]}
 */
export function searchProjects(projects, query, { near = null, recent = [] } = {}) {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const order = new Map(recent.map((id, index) => [id, index]));
  const index = words.length ? wordsOf(projects) : [];
  const hits = [];
  for (const [at, project] of projects.entries()) {
    const distance = near && project.lat != null && project.lng != null
      ? distanceM(near, { lat: project.lat, lng: project.lng })
      : null;
    const recency = order.get(project.id) ?? null;
    let score = 0;
    if (words.length) {
      const match = matchAll(/** @type {Words} */ (index[at]), words);
      if (match === 0) continue;
      score = match + (project.mine ? MINE : 0) + (recency === null ? 0 : RECENT);
      if (distance !== null && distance < NEAR_M) score += NEAR * (1 - distance / NEAR_M);
    }
    hits.push({ project, distance, recency, score });
  }
  hits.sort(words.length ? byScore : byPlace);
  return hits.slice(0, MOST).map(({ project, distance }) => ({ ...project, distance_m: distance }));
}

/** @typedef {{project: Project, distance: number|null, recency: number|null, score: number}} Hit */

/**
 * @param {Hit} a
 * @param {Hit} b
 */
function byScore(a, b) {
  return b.score - a.score || (a.distance ?? Infinity) - (b.distance ?? Infinity) || byName(a, b);
}

/**
 * @param {Hit} a
 * @param {Hit} b
 */
function byPlace(a, b) {
  return (
    (a.recency ?? Infinity) - (b.recency ?? Infinity) ||
    (a.distance ?? Infinity) - (b.distance ?? Infinity) ||
    Number(b.project.mine ?? false) - Number(a.project.mine ?? false) ||
    byName(a, b)
  );
}

/**
 * Infinity - Infinity is NaN, which `||` passes over as wished: two unknowns are equal.
 * @param {Hit} a
 * @param {Hit} b
 */
function byName(a, b) {
  if (a.project.name !== b.project.name) return a.project.name < b.project.name ? -1 : 1;
  return a.project.id < b.project.id ? -1 : 1;
}

/**
 * @param {Words} words
 * @param {string[]} typed
 * @returns {number} 0 when one of the words is nowhere
 */
function matchAll(words, typed) {
  let total = 0;
  for (const word of typed) {
    const best = Math.max(
      worth(words.name, word, NAME),
      worth(words.initials, word, INITIALS),
      worth(words.enterprise, word, ENTERPRISE),
      worth(words.enterpriseInitials, word, ENTERPRISE_INITIALS),
      worth(words.phase, word, PHASE),
    );
    if (best === 0) return 0;
    total += best;
  }
  return total / typed.length;
}

/**
 * @param {string} text
 * @param {string} word
 * @param {{same: number, start: number, inside: number}} price
 */
function worth(text, word, price) {
  const at = text.indexOf(word);
  if (at < 0) return 0;
  if (at > 0) return price.inside;
  return text.length === word.length ? price.same : price.start;
}

/**
 * Folded once per list: the list is replaced as a whole when reference data comes.
 * @param {Project[]} projects
 * @returns {Words[]}
 */
function wordsOf(projects) {
  let words = prepared.get(projects);
  if (!words || words.length !== projects.length) {
    words = projects.map((project) => ({
      name: fold(project.name),
      initials: fold(project.initials ?? ""),
      enterprise: fold(project.enterprise?.name ?? ""),
      enterpriseInitials: fold(project.enterprise?.initials ?? ""),
      phase: fold(project.phase ?? ""),
    }));
    prepared.set(projects, words);
  }
  return words;
}

/**
 * Full-width letters and digits, as Chinese keyboards give them, are the same letters.
 * @param {string} text
 */
function fold(text) {
  return text.normalize("NFKC").toLowerCase().trim();
}
