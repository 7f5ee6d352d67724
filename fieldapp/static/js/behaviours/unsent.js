/** What this phone holds and has not sent, in the words and shapes that the server rendered. */
import { all, fill } from "./dom.js";
import { phone } from "./phone.js";
import { afterRun } from "./sending.js";
import { knows, say, sayTime } from "./words.js";
import { outbox, subscribe } from "../outbox/state.js";

/**
 * @import { Row } from "../outbox/types.js"
 */

/** Saved by the officer and not complete on the server; a draft is not saved yet. @param {Row} row */
export const isUnsent = (row) => row.record.type === "visit" && !["draft", "sent"].includes(row.place);

/**
 * Whether a visit names this project, as the main one or beside it.
 * @param {Row} row
 * @param {string} project
 */
export const belongsTo = (row, project) =>
  row.record.form["project"] === project || (row.record.form["projects"] ?? []).includes(project);

/** The first words of a visit. @param {Record<string, any>} form */
export const firstWords = (form) =>
  ["content", "progress", "problems", "needs", "answers"].map((name) => form[name]).find(Boolean) ?? "";

/**
 * Keep `draw` told of what the owner of this page has not sent. Someone else's records are not theirs to see.
 * @param {string} owner
 * @param {(rows: Row[]) => void} draw
 */
export async function watchUnsent(owner, draw) {
  const ctx = await phone();
  const look = async () => draw((await outbox(ctx, owner)).filter(isUnsent));
  const quietly = () => void look().catch(() => undefined);
  subscribe(ctx, quietly);
  afterRun(quietly);
  addEventListener("pageshow", quietly);
  await look();
}

/** @param {string} place @param {string} [detail] */
export function stateBadge(place, detail = "") {
  const template = document.querySelector(`template[data-state-template="${place}"]`);
  if (!(template instanceof HTMLTemplateElement)) return document.createTextNode("");
  const badge = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const slot = badge.querySelector("[data-state-detail]");
  if (slot) slot.textContent = detail;
  return badge;
}

/** Own unsent visits to a project, above its timeline. */
export function showUnsent() {
  const here = document.querySelector("[data-unsent-here]");
  const template = document.querySelector("template[data-unsent-template]");
  if (!(here instanceof HTMLElement) || !(template instanceof HTMLTemplateElement)) return;
  const { owner = "", project = "" } = here.dataset;
  void watchUnsent(owner, (rows) => {
    const mine = rows.filter((row) => belongsTo(row, project));
    const list = all("[data-unsent-list]", here)[0];
    list?.replaceChildren(...mine.map((row) => line(template, row)));
    here.hidden = mine.length === 0;
  }).catch(() => undefined);
}

/** @param {HTMLTemplateElement} template @param {Row} row */
function line(template, row) {
  const { record, photos } = row;
  const made = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
  const kind = `kind.${record.form["kind"]}`;
  fill(made, {
    kind: knows(kind) ? say(kind) : "",
    time: sayTime(record.occurred?.at ?? record.recorded_at),
    text: firstWords(record.form),
    photos: photos.length || "",
  });
  for (const icon of all("[data-photos]", made)) icon.hidden = photos.length === 0;
  for (const slot of all("[data-state-here]", made)) {
    slot.replaceChildren(stateBadge(row.place, row.place === "sending" ? `${row.stored}/${photos.length}` : ""));
  }
  return made;
}
