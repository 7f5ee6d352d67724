/**
 * A visit's page where there is no network: one's own as this phone logged it, with all that was said later; else the line
 * that a carried page has of it.
 * @import { Ctx, Row } from "../outbox/types.js"
 */
import { copy, fill, one } from "./dom.js";
import { stateBadge } from "./unsent.js";
import { knows, nameOf, say, sayTime, titleOf } from "./words.js";
import { keyOf, pagesNaming } from "../outbox/pages.js";
import { read } from "../outbox/reference.js";
import { folded, saidLater } from "../outbox/supplements.js";

const TEXTS = ["content", "progress", "needs", "problems", "answers"];
const BACK = "[data-back]";

/**
 * The name of the page; null: this phone knows nothing of the visit.
 * @param {Ctx} ctx
 * @param {Row[]} rows  one's own records
 * @param {string} id
 * @returns {Promise<string|null>}
 */
export async function showVisit(ctx, rows, id) {
  const own = rows.find(({ record, place }) => record.type === "visit" && record.id === id && place !== "draft");
  return own ? showOwn(ctx, own) : showLine(ctx);
}

/** @param {Ctx} ctx @param {Row} row */
async function showOwn(ctx, { record, photos, place }) {
  const tables = ["projects", "kinds", "stages", "programmes", "enterprises"];
  const [projects, kinds, stages, programmes] = /** @type {any[][]} */ (await Promise.all(tables.map(async (name) => (await read(ctx, name)) ?? [])));
  const later = await saidLater(ctx, record.owner, record.id);
  const now = folded(record.form, later.map(({ form }) => form));
  const project = projects?.find((each) => each.id === now["project"]);
  const here = one("[data-visit-here]");
  const named = (/** @type {any[]|undefined} */ some, /** @type {string} */ code) => nameOf(some?.find((each) => each.code === code) ?? { code });
  fill(here, {
    "visit-title": (project && titleOf(project)) || record.title || now["typed_project"] || say("untitled"),
    "visit-time": sayTime(now.occurred_at ?? record.occurred?.at ?? record.recorded_at),
    "visit-number": record.receipt?.number ?? record.outcome?.["number"] ?? "",
  });
  one("[data-visit-state]", here).replaceChildren(stateBadge(place));
  const step = now["next_step"];
  /** @type {[string, string][]} */
  const facts = [
    ...TEXTS.map((name) => /** @type {[string, string]} */ ([name, String(now[name] ?? "")])),
    ["next_step", [step?.text, step?.on].filter(Boolean).join(" · ")],
    ["stage", now["stage"] ? named(stages, now["stage"]) : ""],
    ["progress_percent", now["progress_percent"] == null ? "" : `${now["progress_percent"]} %`],
    ["met", (now["met"] ?? []).map((/** @type {any} */ each) => [each.name, each.title].filter(Boolean).join(" ")).join("、")],
    ["outside", (now["outside"] ?? []).map((/** @type {any} */ each) => [each.unit, each.name].filter(Boolean).join(" ")).join("、")],
    ["programmes", (now["programmes"] ?? []).map((/** @type {string} */ code) => named(programmes, code)).join("、")],
  ];
  one("[data-visit-facts]", here).replaceChildren(
    ...facts.filter(([, text]) => text).map(([name, text]) => fill(copy("visit-fact"), { term: say(`field-${name}`), text })),
  );
  one("[data-visit-photos]", here).replaceChildren(
    ...photos.flatMap(({ thumb }) => thumb ?? []).map((thumb, i, some) => {
      const img = /** @type {HTMLImageElement} */ (copy("visit-photo"));
      img.src = URL.createObjectURL(new Blob([thumb], { type: "image/jpeg" }));
      img.alt = say("photo-n", { i: i + 1, all: some.length });
      return img;
    }),
  );
  one("[data-visit-said]", here).replaceChildren(
    ...later.map(({ form, recorded_at: at }) => {
      const fields = Object.keys(form["fields"] ?? {}).map((name) => (knows(`field-${name}`) ? say(`field-${name}`) : name));
      return fill(copy("visit-said"), { title: say(`said-${form["type"]}`), text: form["text"] || form["reason"] || fields.join(" · "), time: sayTime(at) });
    }),
  );
  /** @type {HTMLAnchorElement} */ (one("[data-visit-outbox]", here)).href = `/outbox#${record.id}`;
  if (project) /** @type {HTMLAnchorElement} */ (one(BACK)).href = `/projects/${project.id}`;
  here.hidden = false;
  return named(kinds, now["kind"]);
}

/** @param {Ctx} ctx */
async function showLine(ctx) {
  const path = keyOf(location.pathname);
  const found = pagesNaming(await read(ctx, "briefs"), path)[0];
  const link = found && new DOMParser().parseFromString(found.html, "text/html").querySelector(`a[href="${path}"]`);
  if (!found || !link) return null;
  const line = copy("visit-line");
  one("[data-line]", line).append(...[...link.childNodes].map((node) => document.importNode(node, true)));
  one("[data-list-here]").replaceChildren(line);
  one("[data-only-line]").hidden = false;
  /** @type {HTMLAnchorElement} */ (one(BACK)).href = found.page;
  return say("visit-page");
}
