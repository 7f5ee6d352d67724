/**
 * Enterprises to choose from, many at once: those of the projects that this phone knows.
 * @import { Project } from "../../outbox/search.js"
 * @typedef {{id: string, name: string, initials: string, areas: string[], mine: boolean}} Firm
 */

export const MOST_SHOWN = 60;

/** @param {Project[]} projects @returns {Firm[]} mine first, then by name */
export function firmsOf(projects) {
  /** @type {Map<string, Firm>} */
  const found = new Map();
  for (const { enterprise, area = "", mine = false } of projects) {
    if (!enterprise?.id) continue;
    const firm = found.get(enterprise.id) ?? { id: enterprise.id, name: enterprise.name ?? "", initials: enterprise.initials ?? "", areas: [], mine: false };
    if (area && !firm.areas.includes(area)) firm.areas.push(area);
    firm.mine ||= mine;
    found.set(firm.id, firm);
  }
  return [...found.values()].sort((a, b) => Number(b.mine) - Number(a.mine) || (a.name < b.name ? -1 : 1));
}

/** @param {Firm[]} firms @returns {string[]} */
export const areasOf = (firms) => [...new Set(firms.flatMap(({ areas }) => areas))].sort();

const fold = (/** @type {string} */ text) => text.normalize("NFKC").toLowerCase().trim();

/**
 * @param {Firm[]} firms
 * @param {string} query
 * @param {string} area  "" = all
 * @returns {Firm[]}
 */
export function findFirms(firms, query, area) {
  const wanted = fold(query);
  return firms.filter(
    ({ name, initials, areas }) => (area === "" || areas.includes(area)) && (fold(name).includes(wanted) || fold(initials).includes(wanted)),
  );
}
