/**
 * The project's open issues: 无变化 · 有进展 · 已解决, one tap each. What is said of them travels inside the visit.
 * @import { OpenVisit } from "./visit.js"
 * @typedef {{id: string, title: string, number?: string|null, due?: string, category?: string|null, last_event?: string|null}} OpenIssue
 * @typedef {{id: string, issue: string, type: string, base: string|null, photos: string[], text: string}} Said
 */
import { uuid7 } from "../../outbox/ids.js";
import { lastEvents } from "../../outbox/events.js";
import { all, copy, fill, input, on, one } from "../dom.js";
import { say } from "../words.js";
import { pictureOf } from "./photos.js";

const NO_CHANGE = "no_change";

/**
 * Open issues of the category that is chosen for a new one.
 * @template {OpenIssue} I
 * @param {I[]} open
 * @param {string} chosen
 * @returns {I[]}
 */
export const sameCategory = (open, chosen) => (chosen ? open.filter(({ category }) => category === chosen) : []);

/**
 * The visit's events after a tap. The same tap takes it back; another is another event, so that a server which has
 * heard the first one does not take it for that. What was typed goes along where the new one has words.
 * @param {any[]} events
 * @param {{issue: string, type: string, base: string|null, id: string}} tap
 * @returns {any[]}
 */
export function tapped(events, { issue, type, base, id }) {
  const before = events.find((event) => event.issue === issue && event.type !== "opened");
  const others = events.filter((event) => event !== before);
  if (before?.type === type) return others;
  const words = type === NO_CHANGE ? { photos: [], text: "" } : { photos: before?.photos ?? [], text: before?.text ?? "" };
  return [...others, { id, issue, type, base, ...words }];
}

/**
 * @param {{visit: () => OpenVisit, changed: () => void, open: () => OpenIssue[]}} page
 */
export function setUpOpenIssues(page) {
  const list = one('[data-list="open-issues"]');
  const events = () => /** @type {any[]} */ (page.visit().form["issue_events"]);
  const saidOf = (/** @type {string} */ issue) => /** @type {Said|undefined} */ (events().find((event) => event.issue === issue && event.type !== "opened"));
  const issueAt = (/** @type {Element} */ element) => /** @type {HTMLElement} */ (element.closest("[data-issue]")).dataset["issue"] ?? "";
  const { ctx, owner, id } = page.visit();
  /** What this phone has said of them and the office has not heard yet. @type {Map<string, string>} */
  let unsent = new Map();
  void lastEvents(ctx, owner, id).then((found) => (unsent = found)).catch(() => undefined);

  /** @param {string} issue @param {string} type */
  const tap = (issue, type) => {
    const base = unsent.get(issue) ?? page.open().find((other) => other.id === issue)?.last_event ?? null;
    page.visit().form["issue_events"] = tapped(events(), { issue, type, base, id: uuid7(ctx.clock, ctx.random) });
    show();
    page.changed();
  };

  on(list, "click", "[data-update]", (chip) => {
    const [issue, type] = [issueAt(chip), chip.dataset["update"] ?? ""];
    tap(issue, type);
    one(`[data-issue="${issue}"] [data-update="${type}"]`, list).focus();
  });
  on(list, "input", "[data-said]", (box) => {
    const said = saidOf(issueAt(box));
    if (said) said.text = /** @type {HTMLInputElement} */ (box).value;
    page.changed();
  });
  on(list, "click", "[data-shows]", (tile) => {
    const said = saidOf(issueAt(tile));
    const photo = tile.dataset["shows"] ?? "";
    if (!said) return;
    said.photos = said.photos.includes(photo) ? said.photos.filter((other) => other !== photo) : [...said.photos, photo];
    tile.setAttribute("aria-pressed", String(said.photos.includes(photo)));
    page.changed();
  });

  /** @param {HTMLElement} line @param {Said|undefined} said */
  const showWords = (line, said) => {
    const photos = page.visit().photos;
    one("[data-more-said]", line).hidden = !said || said.type === NO_CHANGE;
    input("[data-said]", line).value = said?.text ?? "";
    const strip = one("[data-shown]", line);
    strip.hidden = photos.length === 0;
    strip.replaceChildren(
      ...photos.map((photo, i) => {
        const tile = copy("photo");
        /** @type {HTMLImageElement} */ (one("img", tile)).src = pictureOf(photo);
        tile.dataset["shows"] = photo.id;
        tile.setAttribute("aria-label", say("photo-n", { i: i + 1, all: photos.length }));
        tile.setAttribute("aria-pressed", String(said?.photos.includes(photo.id) ?? false));
        return tile;
      }),
    );
  };

  const show = () => {
    list.replaceChildren(
      ...page.open().map((issue) => {
        const line = fill(copy("open-issue"), { title: issue.title, sub: [issue.number, issue.due].filter(Boolean).join(" · ") });
        const said = saidOf(issue.id);
        line.dataset["issue"] = issue.id;
        one(".chips", line).setAttribute("aria-label", issue.title);
        for (const chip of all("[data-update]", line)) chip.setAttribute("aria-pressed", String(said?.type === chip.dataset["update"]));
        showWords(line, said);
        return line;
      }),
    );
    list.hidden = list.childElementCount === 0;
  };

  /** Photos came or went: what an issue shows is among them. */
  const photosChanged = () => {
    const there = new Set(page.visit().photos.map((photo) => photo.id));
    for (const event of events()) event.photos = event.photos.filter((/** @type {string} */ photo) => there.has(photo));
    for (const line of all("[data-issue]", list)) showWords(line, saidOf(line.dataset["issue"] ?? ""));
  };
  new MutationObserver(photosChanged).observe(one("[data-photos]"), { childList: true });

  return {
    show,
    /** Somebody opens anew what is open already. @param {string} issue @param {string} text */
    update(issue, text) {
      if (saidOf(issue)?.type !== "progress") tap(issue, "progress");
      const said = saidOf(issue);
      if (said && text) said.text = [said.text, text].filter(Boolean).join("；");
      show();
      page.changed();
      input(`[data-issue="${issue}"] [data-said]`, list).focus();
    },
  };
}
