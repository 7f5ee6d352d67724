/**
 * Stands in for a page that the network did not bring: what this phone carries of it, with the time it was carried.
 * @import { Ctx } from "../outbox/types.js"
 */
import { all, copy, fill, input, one } from "./dom.js";
import { showDrafts } from "./drafts.js";
import { followUps, mark } from "./follow_ups.js";
import { phone } from "./phone.js";
import { belongsTo, firstWords } from "./unsent.js";
import { nameOf, say, sayDay, sayTime, titleOf } from "./words.js";
import { dueState, fragmentOf, issueList, keyOf, subjectOf } from "../outbox/pages.js";
import { read } from "../outbox/reference.js";
import { searchProjects } from "../outbox/search.js";
import { currentUser, outbox, subscribe } from "../outbox/state.js";

const KEY = keyOf(location.pathname);
const SUBJECT = subjectOf(location.pathname);
const LISTED = 50;
const SETTLED_MS = 1500;

async function begin() {
  light();
  const ctx = await phone();
  const user = await currentUser(ctx);
  if (!user) return;
  const rows = await outbox(ctx, user.id);
  showUnsent(rows);
  if (KEY === "/") one("[data-drafts]").hidden = (await showDrafts(ctx, user.id, (await read(ctx, "kinds")) ?? [])) === 0;
  const shown = (await searching(ctx, rows)) || (await visit(ctx, rows)) || (await fragment(ctx)) || (await list(ctx)) || (await littleOf(ctx));
  if (!shown) return;
  await keepMarked(ctx, user.id);
  for (const plain of all("[data-without]")) plain.hidden = true;
  fill(one("[data-as-of]"), { "as-of": say("as-of", { when: sayTime(await read(ctx, "loaded_at")) }) });
  one("[data-as-of]").hidden = false;
}

/** 待跟进 as this phone knows it: the lines are as old as what it carries. @param {Ctx} ctx @param {string} owner */
async function keepMarked(ctx, owner) {
  if (all("[data-follow-up]").length === 0) return;
  const since = Number(await read(ctx, "loaded_at")) || 0;
  const look = async () => mark(await outbox(ctx, owner), since);
  followUps(owner);
  subscribe(ctx, () => void look().catch(() => undefined));
  await look();
}

/** The place in the bottom bar, and the page's name: this shell stands under every address. */
function light() {
  const place = KEY === "/" ? "/" : `/${KEY.split("/")[1] === "enterprises" ? "projects" : KEY.split("/")[1]}`;
  for (const link of all(".nav li a[href]")) if (link.getAttribute("href") === place) link.setAttribute("aria-current", "page");
  if (place === KEY) one("[data-back]").remove();
  else if (SUBJECT && ["projects", "issues"].includes(SUBJECT.kind)) /** @type {HTMLAnchorElement} */ (one("[data-back]")).href = `/${SUBJECT.kind}`;
}

/** @param {string} name */
function call(name) {
  one("h1").textContent = name;
  one("h1").classList.toggle("long", new TextEncoder().encode(name).length > 30); // as frame.html sets it
  document.title = name;
}

/** @param {Ctx} ctx @param {import("../outbox/types.js").Row[]} rows */
async function searching(ctx, rows) {
  if (KEY !== "/search") return false;
  call(say("search-page"));
  const { showSearch } = await import("./search_held.js");
  await showSearch(ctx, rows);
  return true;
}

/** @param {Ctx} ctx @param {import("../outbox/types.js").Row[]} rows */
async function visit(ctx, rows) {
  if (SUBJECT?.kind !== "visits") return false;
  call(say("visit-page"));
  const { showVisit } = await import("./offline_visit.js");
  const name = await showVisit(ctx, rows, SUBJECT.id);
  if (name) call(name);
  else one("[data-no-visit]").hidden = false;
  return name !== null;
}

/** The server's own lines. @param {Ctx} ctx */
async function fragment(ctx) {
  const html = fragmentOf(await read(ctx, "briefs"), location.pathname);
  if (html === null) return false;
  one("[data-brief]").innerHTML = html; // our own server's fragment; the policy runs no script in it
  if (KEY === "/") call(say("today-page"));
  else if (SUBJECT?.kind === "projects") await callProject(ctx, SUBJECT.id);
  else call(SUBJECT?.kind === "issues" ? say("issue-page") : say("enterprise-page"));
  return true;
}

/** @param {Ctx} ctx @param {string} id */
async function callProject(ctx, id) {
  const project = (/** @type {any[]} */ ((await read(ctx, "projects")) ?? [])).find((one) => one.id === id);
  if (project) call(titleOf(project));
  const log = /** @type {HTMLAnchorElement} */ (one("[data-log-here]"));
  log.href = `/capture?project=${id}`;
  log.hidden = false;
  return project;
}

/** The two lists are whole on this phone. @param {Ctx} ctx */
async function list(ctx) {
  if (KEY === "/projects") return listProjects(ctx);
  if (KEY === "/issues") return listIssues(ctx);
  return false;
}

/** @param {Ctx} ctx */
async function listProjects(ctx) {
  const [projects, stages, recent] = await Promise.all(["projects", "stages", "recent_projects"].map((name) => read(ctx, name)));
  if (!projects?.length) return false;
  call(say("projects-page"));
  const stageOf = new Map((stages ?? []).map((/** @type {any} */ stage) => [stage.code, nameOf(stage)]));
  const box = input("[data-find]");
  const mineFirst = [...projects].sort((a, b) => Number(b.mine) - Number(a.mine));
  const draw = () => {
    const found = box.value.trim() ? searchProjects(projects, box.value, { recent: recent ?? [] }) : mineFirst.slice(0, LISTED);
    one("[data-list-here]").replaceChildren(...found.map((project) => projectLine(project, stageOf)));
    one("[data-none]").hidden = found.length > 0;
  };
  box.addEventListener("input", draw);
  draw();
  one("[data-finder]").hidden = false;
  return true;
}

/** @param {any} project @param {Map<string, string>} stageOf */
function projectLine(project, stageOf) {
  const line = fill(copy("project"), {
    title: titleOf(project), enterprise: project.enterprise?.name, stage: stageOf.get(project.stage),
    contact: project.last_contact_at ? say("contacted", { when: sayDay(project.last_contact_at) }) : say("never-contacted"),
  });
  one("[data-mine]", line).hidden = !project.mine;
  /** @type {HTMLAnchorElement} */ (one("a", line)).href = `/projects/${project.id}`;
  return line;
}

/** @param {Ctx} ctx */
async function listIssues(ctx) {
  const [issues, projects] = await Promise.all(["open_issues", "projects"].map((name) => read(ctx, name)));
  if (!issues) return false;
  call(say("issues-page"));
  const titles = new Map((projects ?? []).map((/** @type {any} */ project) => [project.id, titleOf(project)]));
  const rows = issueList(issues);
  one("[data-list-here]").replaceChildren(...rows.map((issue) => issueLine(issue, titles, ctx.clock.now())));
  one("[data-none]").hidden = rows.length > 0;
  return true;
}

/** @param {any} issue @param {Map<string, string>} titles @param {number} now */
function issueLine(issue, titles, now) {
  const state = dueState(issue.due_at, now);
  const line = fill(copy("issue"), {
    title: issue.title || say("issue-untitled"), state: say(`issue-${issue.state}`), project: titles.get(issue.project), number: issue.number,
    due: state ? say(state === "over" ? "due-over" : "due-by", { when: sayTime(issue.due_at) }) : "",
  });
  if (state) one("[data-slot=due]", line).dataset["tone"] = state;
  /** @type {HTMLAnchorElement} */ (one("a", line)).href = `/issues/${issue.id}`;
  return line;
}

/** A project whose page was not carried: at least what the list says of it. @param {Ctx} ctx */
async function littleOf(ctx) {
  if (SUBJECT?.kind !== "projects") return false;
  const project = await callProject(ctx, SUBJECT.id);
  if (!project) return false;
  const stages = /** @type {any[]} */ ((await read(ctx, "stages")) ?? []);
  const line = projectLine(project, new Map(stages.map((stage) => [stage.code, nameOf(stage)])));
  one("[data-list-here]").replaceChildren(line);
  one("[data-only-row]").hidden = false;
  return true;
}

/** @param {import("../outbox/types.js").Row[]} all_rows */
function showUnsent(all_rows) {
  const { kind = "", id = "" } = SUBJECT ?? {};
  const here = (/** @type {import("../outbox/types.js").Row} */ row) =>
    kind === "projects" ? belongsTo(row, id) : kind !== "visits" || row.record.form["visit"] === id;
  // 待跟进 done or put off stands at its own line.
  const rows = all_rows.filter((row) => row.place !== "sent" && row.place !== "draft" && row.record.type !== "follow_up" && here(row));
  one("[data-unsent]").replaceChildren(
    ...rows.slice(0, 20).map(({ record, place }) => {
      const line = fill(copy("unsent"), { title: record.title || say("untitled"), sub: [sayTime(record.occurred?.at ?? record.recorded_at), firstWords(record.form).slice(0, 24)].filter(Boolean).join(" · ") });
      const template = /** @type {HTMLTemplateElement} */ (document.querySelector(`template[data-state-template="${place}"]`));
      one("[data-slot=sub]", line).after(template.content.cloneNode(true));
      return line;
    }),
  );
  one("[data-unsent-part]").hidden = rows.length === 0;
}

/** The worker has in hand what the network brought late. Shown at once where nobody has begun to read, and offered where one has. */
function showWhatComes() {
  let touched = false;
  for (const sign of ["pointerdown", "keydown", "scroll"]) addEventListener(sign, () => (touched = true), { once: true, passive: true });
  navigator.serviceWorker?.addEventListener("message", ({ data }) => {
    if (data !== "come") return;
    if (!touched) return location.reload();
    one("[data-as-of] [data-again]").textContent = say("show-latest");
  });
}

for (const button of all("[data-again]")) button.addEventListener("click", () => location.reload());
showWhatComes();
// A network that flickers must not take the page from under a thumb that is just going somewhere.
addEventListener("online", () => setTimeout(() => navigator.onLine && location.reload(), SETTLED_MS));
begin().catch(reportError);
