/**
 * The form of one visit: what its kind asks, in the order in which a visit happens. Loaded while the project is chosen.
 * @import { Page } from "./page.js"
 */
import { LeaseHeld } from "../../outbox/problems.js";
import { leftBehind } from "../../outbox/records.js";
import { copy, on, one } from "../dom.js";
import { toast } from "../toast.js";
import { saysDirty } from "../update.js";
import { say, sayTime, titleOf } from "../words.js";
import { setUpBeside } from "./beside.js";
import { setUpFields } from "./fields.js";
import { stayAboveKeyboard } from "./keyboard.js";
import { setUpKinds } from "./kind_step.js";
import { bring, more } from "./more.js";
import { order } from "./order.js";
import { closed, view } from "./page.js";
import { setUpPeople } from "./people.js";
import { setUpPhotos } from "./photos.js";
import { setUpPlace } from "./place.js";
import { summarise } from "./summary.js";
import { notHere, showTrouble } from "./trouble.js";
import { OpenVisit } from "./visit.js";
import { isLater } from "./when.js";
import { setUpWhen } from "./when_step.js";

/** @param {string} step @param {boolean} open */
function unfold(step, open) {
  const section = one(`[data-step="${step}"]`);
  section.toggleAttribute("data-open", open);
  section.querySelector(".step-head")?.setAttribute("aria-expanded", String(open));
}

/** @param {Page} page */
export function setUpForm(page) {
  const { ctx, me } = page;
  const form = /** @type {HTMLFormElement} */ (/** @type {unknown} */ (one('form[data-view="form"]')));
  /** @type {any} */
  let kind = null;
  const visit = new OpenVisit(ctx, me.id, {
    trouble: showTrouble,
    fine: () => (one("[data-trouble]").hidden = true),
    photos: () => (photos.show(), summary()),
    begun: (id) => history.replaceState(null, "", `/capture?draft=${id}`),
  });

  const body = () => visit.form;
  const projectOf = (/** @type {string} */ id) => page.ref.projects.find((project) => project.id === id) ?? null;
  const project = () => projectOf(body()["project"]);
  const openIssues = () => page.ref.open_issues.filter((issue) => body()["project"] && issue.project === body()["project"]);
  const later = () => isLater(visit.occurred, visit.recordedAt);
  const summary = () => summarise(page, visit, kind, later());
  const changed = () => (visit.changed(), summary());
  const officers = () => {
    const teams = new Set(page.ref.me?.teams ?? []);
    return page.ref.officers.filter(({ id }) => id !== me.id).sort((a, b) => Number(teams.has(b.team)) - Number(teams.has(a.team)));
  };
  const contacts = () => page.ref.contacts.filter(({ enterprise }) => enterprise === project()?.enterprise?.id);

  const fields = setUpFields(form, {
    form: body, changed, officers, now: () => ctx.clock.now(),
    phrases: () => page.ref.phrases, programmes: () => page.ref.programmes, stages: () => page.ref.stages,
  });
  const people = setUpPeople({ form: body, changed, officers, contacts });
  const photos = setUpPhotos({ visit: () => visit, changed });
  const place = setUpPlace({ visit: () => visit, changed, later, wanted: () => kind?.position !== "none", project });
  const kinds = setUpKinds({ form, kinds: () => page.ref.kinds, chosen: () => kind?.code, choose: changeKind, unfold });
  const when = setUpWhen({ visit: () => visit, later, changed: () => (place.timeChanged(), changed()) });

  /** Issues are a quarter of the code and not in every visit: fetched when the first is looked at. */
  /** @type {Promise<{list: any, open: any}>|null} */
  let loaded = null;
  const issues = () =>
    (loaded ??= Promise.all([import("./issues.js"), import("./open_issues.js"), bring("issue")]).then(([{ setUpIssues }, { setUpOpenIssues }]) => {
      const alreadyOpen = () => openIssues().map((issue) => ({ ...issue, due: issue.due_at ? sayTime(issue.due_at) : "" }));
      const open = setUpOpenIssues({ visit: () => visit, changed, open: alreadyOpen });
      const list = setUpIssues({
        visit: () => visit, changed, sensitive: () => fields.show(), categories: () => page.ref.categories,
        units: () => page.ref.units, enterprise: () => project()?.enterprise?.name ?? "", alreadyOpen, update: open.update,
      });
      return { list, open };
    }, notHere(() => (loaded = null))));

  async function showIssues() {
    if (openIssues().length === 0 && body()["issue_events"].length === 0 && !loaded) return;
    const { list, open } = await issues();
    list.show();
    open.show();
  }

  const beside = setUpBeside({ page, form, visit: () => visit, kind: () => kind, project, contacts, changed, showParts, unfold: (step) => unfold(step, true) });

  /** @type {Promise<any>|null} */
  let site = null;
  /** Progress, milestones, questions, camera: they come once the form stands, and nothing waits for them. */
  async function showSite() {
    site ??= import("./site.js").then(({ setUpSite }) => setUpSite({ page, visit: () => visit, changed, project, kind: () => kind }));
    await site.then((part) => part.show(), () => (site = null));
  }

  /** What this kind asks, in its order; the rest is one tap further down, unless something is in it already. */
  function arrange() {
    const { asked, more, open } = order(kind);
    const end = one("[data-more]");
    end.hidden = false;
    for (const step of [...asked, ...more]) {
      const section = one(`[data-step="${step}"]`);
      end.before(section);
      section.hidden = !asked.includes(step) && !section.hasAttribute("data-done");
      unfold(step, open.includes(step));
    }
    void showSite();
  }

  function showFurther() {
    one("[data-further]").replaceChildren(
      ...(body()["projects"] ?? []).map((/** @type {string} */ id) => {
        const chip = copy("chip");
        chip.textContent = projectOf(id)?.name ?? id;
        chip.dataset["further"] = id;
        chip.setAttribute("aria-pressed", "true");
        return chip;
      }),
    );
  }

  function showParts() {
    for (const part of [fields, people, photos, place]) part.show();
    summary();
  }

  function show() {
    view("form");
    kinds.show();
    when.show();
    showFurther();
    showParts();
    void showIssues();
    arrange();
    unfold("kind", !kind);
    unfold("when", visit.occurred.said !== "now");
    void place.warmUp();
    beside.show();
  }

  /** @param {string|undefined} code */
  function takeKind(code) {
    kind = page.ref.kinds.find((each) => each.code === code) ?? null;
    if (kind) body()["kind"] = kind.code;
    // A campaign goes on for weeks: what was chosen last stands there, where the kind asks for it and nothing was said yet.
    const known = new Set(page.ref.programmes.map((programme) => programme.code));
    if (kind?.fields?.includes("programmes")) body()["programmes"] ??= page.ref.last_programmes.filter((each) => known.has(each));
  }

  /** @param {string} code */
  function changeKind(code) {
    takeKind(code);
    changed();
    arrange();
    place.show();
    void place.warmUp();
    beside.show();
  }

  /** A new visit: kind preset from the last one used there, the person from the page one came from. @param {any} taken */
  function preset(taken) {
    const wished = [page.asked.get("kind"), taken && page.ref.last_kind_by_project[taken.id], localStorage.getItem("fieldapp-last-kind")];
    for (const code of wished) if (!kind && code) takeKind(code);
    if (!kind) takeKind(page.ref.kinds[0].code);
    const contact = page.ref.contacts.find(({ id }) => id === page.asked.get("contact"));
    if (contact) body()["met"] = [{ name: contact.name, title: contact.title ?? "", contact: contact.id }];
    const enterprise = page.asked.get("enterprise");
    if (enterprise) body()["enterprises"] = [enterprise];
    const followUp = page.asked.get("follow-up");
    if (followUp) body()["follow_up"] = followUp;
    visit.recordedAt = ctx.clock.now();
  }

  /** Issues opened here are of this visit's project and enterprise. */
  function placeIssues() {
    for (const event of body()["issue_events"]) {
      if (event.type !== "opened") continue;
      event.projects = body()["project"] ? [body()["project"]] : [];
      event.enterprises = project()?.enterprise?.id ? [project()?.enterprise?.id] : [];
    }
  }

  async function save() {
    const wrong = fields.firstWrong();
    if (wrong) {
      unfold(/** @type {HTMLElement} */ (wrong.closest(".step")).dataset["step"] ?? "", true);
      return wrong.focus();
    }
    const button = /** @type {HTMLButtonElement} */ (one(".savebar-go", form));
    if (button.disabled) return;
    button.disabled = true;
    try {
      place.beforeSave();
      placeIssues();
      const { go, addition } = await beside.beforeSaving();
      if (!go) return;
      const [saved, { showSaved }] = await Promise.all([visit.save(addition), import("./saved.js")]);
      if (saved) showSaved(page, saved, body());
    } finally {
      button.disabled = false;
    }
  }

  async function rescue() {
    const { saveAsFile, exportForm } = await import("../rescue.js");
    const { record, photos: kept } = await visit.asRecord();
    const name = await saveAsFile(await exportForm(ctx, record, kept));
    if (name) toast(say("exported", { name }));
  }

  on(form, "click", ".step-head", (head) => {
    const section = /** @type {HTMLElement} */ (head.closest(".step"));
    const step = section.dataset["step"] ?? "";
    if (step === "project") return page.pick("main");
    const open = !section.hasAttribute("data-open");
    unfold(step, open);
    if (open) /** @type {HTMLElement|null} */ (section.querySelector("textarea, .step-body > .field .input"))?.focus();
  });
  one("[data-more]").addEventListener("click", () => {
    for (const step of order(kind).more) one(`[data-step="${step}"]`).hidden = step === "position" && kind?.position === "none";
    one("[data-more]").hidden = true;
  });
  one("[data-further-add]").addEventListener("click", () => page.pick("further"));
  on(one("[data-further]"), "click", "[data-further]", (chip) => {
    body()["projects"] = body()["projects"].filter((/** @type {string} */ id) => id !== chip.dataset["further"]);
    showFurther();
    changed();
  });
  one("[data-add-issue]").addEventListener("click", async () => {
    if (!loaded) (await issues()).list.open(null); // once loaded, the module listens itself
  });
  one("[data-rescue]").addEventListener("click", () => void rescue());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void save();
  });
  stayAboveKeyboard();
  void more(); // before the network goes
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && void visit.store());
  addEventListener("pagehide", () => void visit.store());
  saysDirty(() => !form.hidden && (visit.dirty || visit.id !== null));

  return {
    show,
    /** What another app has handed over; how many pictures are stored. @param {File[]} files @param {string} text */
    take(files, text) {
      if (!kind) preset(null);
      if (text) [body()["content"], visit.dirty] = [text, true];
      return photos.take(files, false);
    },
    store: () => visit.store(),
    /** Whether a visit is under way here. */
    live: () => kind !== null,
    /** @param {{project?: any, typed?: string}} choice */
    choose({ project: taken, typed = "" }) {
      const fresh = kind === null;
      body()["project"] = taken?.id ?? null;
      body()["typed_project"] = taken ? "" : typed;
      visit.title = taken ? titleOf(taken) : typed;
      if (fresh) preset(taken);
      else changed();
      show();
    },
    /** @param {{project?: any}} choice */
    addProject({ project: taken }) {
      const more = body()["projects"] ?? [];
      if (taken && taken.id !== body()["project"] && !more.includes(taken.id)) body()["projects"] = [...more, taken.id];
      changed();
      show();
      unfold("projects", true);
    },
    /** @param {string} id */
    async open(id) {
      try {
        await visit.open(id);
      } catch (problem) {
        const code = String(/** @type {any} */ (problem)?.code ?? "store");
        if (problem instanceof LeaseHeld && code === "open-elsewhere") {
          // The page that is closing may still hold it for a moment; whoever waits here need not tap again.
          void leftBehind(ctx, id, problem.lease).then((free) => (free ? this.open(id) : undefined));
        }
        return closed(["open-elsewhere", "being-sent", "already-received"].includes(code) ? code : "gone");
      }
      if (visit.record?.owner !== me.id) return closed("other-owner");
      takeKind(body()["kind"]);
      show();
    },
  };
}
