/**
 * Follow-up issues inside a visit: events that travel in its body. Loaded when the first one is added or shown.
 * @import { OpenVisit } from "./visit.js"
 */
import { uuid7 } from "../../outbox/ids.js";
import { all, copy, dialog, fill, input, on, one } from "../dom.js";
import { toast } from "../toast.js";
import { nameOf, say } from "../words.js";
import { sameCategory } from "./open_issues.js";
import { pictureOf } from "./photos.js";
import { localValue } from "./when.js";

/**
 * @typedef {{code: string, parent?: string|null, zh?: string, en?: string, unit_id?: string|null}} Category
 * @param {{visit: () => OpenVisit, changed: () => void, sensitive: () => void, categories: () => Category[], units: () => {id: string, name: string}[], enterprise: () => string, alreadyOpen: () => any[], update: (issue: string, text: string) => void}} page
 */
export function setUpIssues(page) {
  const sheet = dialog("[data-issue-sheet]");
  const list = one('[data-list="issues"]');
  const field = (/** @type {string} */ name) => input(`[data-in="${name}"]`, sheet);
  /** @type {any} */
  let event = null;
  let unitByHand = false;
  let isNew = false;

  const events = () => /** @type {any[]} */ (page.visit().form["issue_events"]);
  const opened = () => events().filter(({ type }) => type === "opened");

  const show = () => {
    const categories = new Map(page.categories().map((category) => [category.code, category]));
    list.replaceChildren(
      ...opened().map((issue) => {
        const category = categories.get(issue.category);
        const sub = [category && nameOf(category), say(`urgency-${issue.urgency}`), issue.photos.length && say("photos-n", { n: issue.photos.length }), issue.sensitive && say("sensitive")];
        const line = fill(copy("issue"), { title: issue.title, sub: sub.filter(Boolean).join(" · ") });
        one("button", line).dataset["issue"] = issue.id;
        return line;
      }),
    );
    list.hidden = opened().length === 0;
  };

  const options = () => {
    const categories = page.categories();
    const select = field("category");
    const parents = categories.filter(({ parent }) => !parent);
    const groups = parents.map((parent) => {
      const children = categories.filter((category) => category.parent === parent.code);
      if (children.length === 0) return new Option(nameOf(parent), parent.code);
      const group = document.createElement("optgroup");
      group.label = nameOf(parent);
      group.append(...[parent, ...children].map((category) => new Option(nameOf(category), category.code)));
      return group;
    });
    select.replaceChildren(/** @type {Element} */ (select.firstElementChild), ...groups);
    const units = field("lead_unit");
    units.replaceChildren(/** @type {Element} */ (units.firstElementChild), ...page.units().map(({ id, name }) => new Option(name, id)));
  };

  const suggestUnit = () => {
    const categories = page.categories();
    const own = categories.find(({ code }) => code === field("category").value);
    const above = categories.find(({ code }) => code === own?.parent);
    const unit = own?.unit_id ?? above?.unit_id ?? "";
    if (!unitByHand) field("lead_unit").value = unit;
    one("[data-suggested]", sheet).hidden = unitByHand || !unit;
  };

  /** What is open there already, of the same kind: it may be the very thing. */
  const showSame = () => {
    const same = isNew ? sameCategory(page.alreadyOpen(), field("category").value) : [];
    one("[data-same]", sheet).hidden = same.length === 0;
    one('[data-list="same"]', sheet).replaceChildren(
      ...same.map((issue) => {
        const line = fill(copy("same-issue"), { title: issue.title, sub: [issue.number, issue.due].filter(Boolean).join(" · ") });
        one("button", line).dataset["sameIssue"] = issue.id;
        return line;
      }),
    );
  };

  const showPhotos = () => {
    const photos = page.visit().photos;
    one("[data-issue-photos-field]", sheet).hidden = photos.length === 0;
    one("[data-issue-photos]", sheet).replaceChildren(
      ...photos.map((photo, i) => {
        const on = event.photos.includes(photo.id);
        const tile = fill(copy("photo"), { state: on ? say("photo-chosen") : "" });
        /** @type {HTMLImageElement} */ (one("img", tile)).src = pictureOf(photo);
        tile.dataset["issuePhoto"] = photo.id;
        tile.setAttribute("aria-label", say("photo-n", { i: i + 1, all: photos.length }));
        tile.setAttribute("aria-pressed", String(on));
        return tile;
      }),
    );
  };

  const showRaised = () => {
    const met = /** @type {any[]} */ (page.visit().form["met"] ?? []);
    const names = [...met.map(({ name, title }) => [name, title].filter(Boolean).join(" ")), page.enterprise()].filter(Boolean);
    const chips = one("[data-raised]", sheet);
    chips.replaceChildren(
      ...names.map((name) => {
        const chip = copy("phrase");
        chip.textContent = name;
        chip.dataset["raisedBy"] = name;
        return chip;
      }),
    );
    chips.hidden = names.length === 0;
  };

  /** @param {any} issue  null = a new one */
  const open = (issue) => {
    const { clock, random } = page.visit().ctx;
    event = issue ?? { id: uuid7(clock, random), issue: uuid7(clock, random), type: "opened", title: "", category: "", urgency: "normal", raised_by: "", enterprise_deadline: null, nature: "request", lead_unit: null, text: "", place: "", photos: [], sensitive: false };
    unitByHand = Boolean(event.lead_unit);
    isNew = issue === null;
    options();
    for (const name of ["title", "category", "raised_by", "nature", "lead_unit", "text", "place"]) field(name).value = event[name] ?? "";
    field("enterprise_deadline").value = event.enterprise_deadline ? localValue(new Date(event.enterprise_deadline).getTime()) : "";
    field("sensitive").checked = event.sensitive;
    for (const radio of all('[name="urgency"]', sheet)) /** @type {HTMLInputElement} */ (radio).checked = /** @type {HTMLInputElement} */ (radio).value === event.urgency;
    one("[data-remove]", sheet).hidden = issue === null;
    one("[data-error]", sheet).hidden = true;
    field("title").removeAttribute("aria-invalid");
    askTheVisit();
    showPhotos();
    showRaised();
    suggestUnit();
    showSame();
    sheet.showModal();
    field("title").focus();
  };

  /** Opening a sensitive issue inside a visit asks whether the visit's text and photos are too (design 5). */
  const askTheVisit = () => {
    one("[data-visit-too]", sheet).hidden = !field("sensitive").checked;
    input("[data-visit-sensitive]", sheet).checked = Boolean(page.visit().form["sensitive"]);
  };

  const read = () => {
    const at = new Date(field("enterprise_deadline").value);
    Object.assign(event, {
      title: field("title").value.trim(),
      category: field("category").value,
      urgency: input('[name="urgency"]:checked', sheet).value,
      raised_by: field("raised_by").value.trim(),
      enterprise_deadline: Number.isNaN(at.getTime()) ? null : page.visit().ctx.clock.isoLocal(at.getTime()),
      nature: field("nature").value,
      lead_unit: field("lead_unit").value || null,
      text: field("text").value,
      place: field("place").value.trim(),
      sensitive: field("sensitive").checked,
    });
  };

  /** What is typed so far stays, however the sheet is left: an issue with any words is kept. */
  const keep = () => {
    read();
    if (!event.title && !event.text.trim()) return;
    if (!event.title) event.title = event.text.trim().slice(0, 60);
    if (!events().includes(event)) events().push(event);
    page.changed();
  };

  one("[data-add-issue]").addEventListener("click", () => open(null));
  on(list, "click", "[data-issue]", (button) => open(events().find(({ id }) => id === button.dataset["issue"])));
  sheet.addEventListener("input", (happened) => {
    if (happened.target === field("title")) one("[data-error]", sheet).hidden = true;
    keep();
  });
  sheet.addEventListener("change", (happened) => {
    if (happened.target === field("category")) [suggestUnit, showSame].forEach((show) => show());
    if (happened.target === field("lead_unit")) [unitByHand, one("[data-suggested]", sheet).hidden] = [true, true];
    if (happened.target === field("sensitive")) askTheVisit();
    if (happened.target === input("[data-visit-sensitive]", sheet)) {
      page.visit().form["sensitive"] = input("[data-visit-sensitive]", sheet).checked;
      page.sensitive();
    }
    keep();
  });
  on(sheet, "click", "[data-issue-photo]", (tile) => {
    const id = tile.dataset["issuePhoto"] ?? "";
    event.photos = event.photos.includes(id) ? event.photos.filter((/** @type {string} */ other) => other !== id) : [...event.photos, id];
    const chosen = event.photos.includes(id);
    fill(tile, { state: chosen ? say("photo-chosen") : "" }).setAttribute("aria-pressed", String(chosen));
    keep();
  });
  on(sheet, "click", "[data-raised-by]", (chip) => {
    field("raised_by").value = chip.dataset["raisedBy"] ?? "";
    keep();
  });
  on(sheet, "click", "[data-same-issue]", (button) => {
    // Nothing new, then: what is typed goes on as the progress of the one that is open.
    const said = [field("title").value, field("text").value].map((text) => text.trim()).filter(Boolean).join("；");
    page.visit().form["issue_events"] = events().filter((other) => other !== event);
    event = null;
    sheet.close("same");
    page.update(button.dataset["sameIssue"] ?? "", said);
  });
  on(sheet, "click", "[data-close]", () => sheet.close());
  on(sheet, "click", "[data-remove]", () => {
    const before = [...events()];
    page.visit().form["issue_events"] = before.filter((other) => other !== event);
    event = null;
    sheet.close();
    page.changed();
    toast(say("issue-removed"), { label: say("undo"), act: () => ((page.visit().form["issue_events"] = before), show(), page.changed()) });
  });
  one("form", sheet).addEventListener("submit", (happened) => {
    read();
    if (event.title) return;
    happened.preventDefault();
    one("[data-error]", sheet).hidden = false;
    field("title").setAttribute("aria-invalid", "true");
    field("title").focus();
  });
  sheet.addEventListener("close", () => {
    if (event) keep();
    event = null;
    show();
    page.changed();
    if (sheet.returnValue !== "same") one("[data-add-issue]").focus();
    sheet.returnValue = "";
  });

  return { show, open };
}
