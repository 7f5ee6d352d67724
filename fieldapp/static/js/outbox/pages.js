/**
 * What this phone carries of a page (docs/sync-protocol.md 10): the server's own fragment where it has one, and for the
 * two lists its rows, of which it has all.
 * @typedef {{id: string, pages: Record<string, string>}} Shelf
 */

/** The address as the fragments are kept under it: without query, without a slash at the end. @param {string} path */
export const keyOf = (path) => path.replace(/\/+$/, "") || "/";

/**
 * @param {Shelf[]|null} shelves
 * @param {string} path
 * @returns {string|null}
 */
export function fragmentOf(shelves, path) {
  const key = keyOf(path);
  const shelf = (Array.isArray(shelves) ? shelves : []).find(({ pages }) => pages && Object.hasOwn(pages, key));
  return shelf?.pages[key] ?? null;
}

/**
 * The project's, enterprise's, issue's or visit's id that an address is about.
 * @param {string} path
 * @returns {{kind: "projects"|"enterprises"|"issues"|"visits", id: string}|null}
 */
export function subjectOf(path) {
  const found = /^\/(projects|enterprises|issues|visits)\/([0-9a-f-]{36})$/.exec(keyOf(path));
  return found ? { kind: /** @type {any} */ (found[1]), id: /** @type {string} */ (found[2]) } : null;
}

/**
 * The carried pages that have a line about an address which is not carried itself: those of projects first, they say most.
 * @param {Shelf[]|null} shelves
 * @param {string} path
 * @returns {{page: string, html: string}[]}
 */
export function pagesNaming(shelves, path) {
  const pages = (Array.isArray(shelves) ? shelves : []).flatMap(({ pages: some }) => Object.entries(some ?? {}));
  const rank = (/** @type {string} */ page) => (page.startsWith("/projects/") ? 0 : 1);
  const naming = pages.filter(([, html]) => html.includes(`href="${keyOf(path)}"`)).map(([page, html]) => ({ page, html }));
  return naming.sort((a, b) => rank(a.page) - rank(b.page) || (a.page < b.page ? -1 : 1));
}

/**
 * Open issues as a list shows them: each once though it concerns several projects, due first.
 * @template {{id: string, due_at?: string|null}} I
 * @param {I[]} rows
 * @returns {I[]}
 */
export function issueList(rows) {
  const each = [...new Map(rows.map((row) => [row.id, row])).values()];
  const due = (/** @type {I} */ row) => (row.due_at ? Date.parse(row.due_at) : Infinity);
  return each.sort((a, b) => due(a) - due(b) || (a.id < b.id ? -1 : 1));
}

/**
 * How an issue's limit stands: the words are the page's.
 * @param {string|null|undefined} at
 * @param {number} now
 * @returns {"over"|"soon"|"ok"|null}
 */
export function dueState(at, now) {
  if (!at) return null;
  const left = Date.parse(at) - now;
  return left < 0 ? "over" : left < 2 * 86_400_000 ? "soon" : "ok";
}
