/** The capture page: choose a project, say what happened, save. Everything here works without a network. */
import { missing } from "./browser.js";
import { order, TEXTS } from "./capture/order.js";
import { listProjects, setUpPick, titleOf } from "./capture/pick.js";
import { OpenVisit } from "./capture/visit.js";
import { assumed, choicesAt, isLater, localValue, occurred } from "./capture/when.js";
import { wishes } from "./capture/wishes.js";
import { setUpFields } from "./capture/fields.js";
import { setUpPeople } from "./capture/people.js";
import { setUpPhotos } from "./capture/photos.js";
import { setUpPlace } from "./capture/place.js";
import { accuracyWord } from "../outbox/geo.js";
import { read } from "../outbox/reference.js";
import { searchProjects } from "../outbox/search.js";
import { currentUser, outbox, place as placeOf, subscribe } from "../outbox/state.js";
import { all, copy, fill, input, on, one } from "./dom.js";
import { phone } from "./phone.js";
import { askForSync, flush } from "./sending.js";
import { toast } from "./toast.js";
import { saysDirty } from "./update.js";
import { nameOf, say, sayTime } from "./words.js";

const KINDS_KEPT = "fieldapp-kinds"; // kinds of visit are nobody's data: they outlive the purge of the rest

const form = /** @type {HTMLFormElement} */ (/** @type {unknown} */ (one('form[data-view="form"]')));
const asked = new URLSearchParams(location.search);

/** @param {string} name */
function view(name) {
  for (const each of all("[data-view]")) each.hidden = each.dataset["view"] !== name;
  for (const own of ["[data-another]", ".savebar"]) one(own).hidden = name !== "form";
  scrollTo(0, 0);
}

/** @param {string} key */
function closed(key) {
  fill(one('[data-view="closed"]'), { why: say(key) });
  view("closed");
}

/** Lists the reference data has for this form; all of it may be missing. @param {import("../outbox/types.js").Ctx} ctx */
async function readReference(ctx) {
  const names = ["kinds", "categories", "programmes", "phrases", "units", "officers", "stages", "projects", "contacts", "open_issues", "recent_projects", "last_kind_by_project", "me"];
  const values = await Promise.all(names.map((name) => read(ctx, name).catch(() => null)));
  /** @type {Record<string, any>} */
  const found = Object.fromEntries(names.map((name, i) => [name, values[i] ?? []]));
  if (found["kinds"].length > 0) localStorage.setItem(KINDS_KEPT, JSON.stringify(found["kinds"]));
  else found["kinds"] = JSON.parse(localStorage.getItem(KINDS_KEPT) ?? "[]");
  if (found["kinds"].length === 0) found["kinds"] = [{ code: "site_visit", zh: say("fallback-kind"), en: say("fallback-kind"), photos: "optional", position: "optional" }];
  return found;
}

/** @param {{code: string, icon?: string}} kind */
function kindIcon(kind) {
  const templates = /** @type {HTMLTemplateElement[]} */ (all("template[data-kind-icon]"));
  const fits = templates.find((template) => `${kind.icon ?? ""} ${kind.code}`.toLowerCase().includes(template.dataset["kindIcon"] ?? ""));
  return /** @type {HTMLTemplateElement} */ (fits).content.cloneNode(true);
}

async function begin() {
  const ctx = await phone();
  let user = await currentUser(ctx);
  if (!user && navigator.onLine) {
    const { signedIn } = await import("../outbox/devices.js");
    user = (await signedIn(ctx)) ?? null;
  }
  if (!user) return view("nobody");
  const me = user;
  let ref = await readReference(ctx);

  const visit = new OpenVisit(ctx, me.id, {
    trouble: showTrouble,
    fine: () => (one("[data-trouble]").hidden = true),
    photos: () => (photos.show(), summarise()),
    begun: (id) => history.replaceState(null, "", `/capture?draft=${id}`),
  });
  /** @type {any} */
  let kind = null;
  let picking = "main";
  /** @type {Promise<{issues: any, open: any}>|null} */
  let issuesLoaded = null;

  const body = () => visit.form;
  const projectOf = (/** @type {string} */ id) => /** @type {any[]} */ (ref["projects"]).find((project) => project.id === id) ?? null;
  const project = () => projectOf(body()["project"]);
  const openIssues = () => /** @type {any[]} */ (ref["open_issues"]).filter((issue) => body()["project"] && issue.project === body()["project"]);
  const later = () => isLater(visit.occurred, visit.recordedAt);
  const changed = () => {
    visit.changed();
    summarise();
  };

  const officers = () => {
    const teams = new Set(ref["me"]?.teams ?? []);
    const others = /** @type {any[]} */ (ref["officers"]).filter(({ id }) => id !== me.id);
    return others.sort((a, b) => Number(teams.has(b.team)) - Number(teams.has(a.team)));
  };
  const fields = setUpFields(form, {
    form: body, changed, now: () => ctx.clock.now(), officers,
    phrases: () => ref["phrases"], programmes: () => ref["programmes"], stages: () => ref["stages"],
  });
  const people = setUpPeople({
    form: body, changed, officers,
    contacts: () => ref["contacts"].filter((/** @type {any} */ contact) => project()?.enterprise?.id && contact.enterprise === project().enterprise.id),
  });
  const photos = setUpPhotos({ visit: () => visit, changed, absent: () => undefined });
  const place = setUpPlace({ visit: () => visit, changed, later, wanted: () => kind?.position !== "none", project });
  const pick = setUpPick(one('[data-view="pick"]'), {
    projects: () => ref["projects"],
    recent: () => ref["recent_projects"],
    chosen,
  });

  /** Issues are half of the code and not in every visit: fetched when the first is looked at. */
  const issues = () =>
    (issuesLoaded ??= import("./capture/issues.js").then(({ setUpIssues, setUpOpenIssues }) => ({
      issues: setUpIssues({
        visit: () => visit, changed, sensitive: () => fields.show(), categories: () => ref["categories"], units: () => ref["units"],
        enterprise: () => project()?.enterprise?.name ?? "",
      }),
      open: setUpOpenIssues({
        visit: () => visit, changed,
        open: () => openIssues().map((issue) => ({ ...issue, due: issue.due_at ? sayTime(issue.due_at) : "" })),
      }),
    })));

  // --- what the page says -------------------------------------------------------------------------------------------

  /** @param {any} problem */
  function showTrouble(problem) {
    const code = problem?.code ?? "store";
    const key = { quota: "quota", "too-large": "large", "open-elsewhere": "lost", gone: "lost", "being-sent": "lost" }[String(code)] ?? "store";
    if (code === "already-received") return closed("already-received");
    const box = one("[data-trouble]");
    fill(box, { trouble: say(`trouble-${key}`) });
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} step @param {string|undefined|false|null} text */
  function value(step, text) {
    const section = one(`[data-step="${step}"]`);
    one("[data-value]", section).textContent = text || "";
    section.toggleAttribute("data-done", Boolean(text));
  }

  function summarise() {
    const said = body();
    value("project", project() ? titleOf(project()) : said["typed_project"] ? say("typed-project", { name: said["typed_project"] }) : "");
    if (!said["project"] && !said["typed_project"]) one('[data-step="project"] [data-value]').textContent = visit.title || say("no-project");
    value("kind", kind && nameOf(kind));
    const when = visit.occurred.said === "now" ? "" : sayTime(visit.occurred.at ?? visit.recordedAt);
    value("when", when || one('[name="when"]:checked').closest("label")?.textContent?.trim());
    value("photos", visit.photos.length > 0 && say("photos-n", { n: visit.photos.length }));
    const position = said["position"];
    const word = position && (position.source === "manual" ? (position.raw?.from === "project" ? "project" : "manual") : accuracyWord(position.accuracy_m));
    value("position", position && [say(`accuracy-${word}`), position.accuracy_m && say("metres", { m: Math.round(position.accuracy_m) })].filter(Boolean).join(" · "));
    for (const name of TEXTS) value(name, said[name]?.trim().split("\n")[0]);
    value("met", names(said["met"] ?? []));
    value("outside", names((said["outside"] ?? []).map((/** @type {any} */ other) => ({ name: other.name || other.unit }))));
    value("participants", names((said["participants"] ?? []).map((/** @type {string} */ id) => ref["officers"].find((/** @type {any} */ o) => o.id === id) ?? { name: "" })));
    value("issues", said["issue_events"].length > 0 && say("issues-n", { n: said["issue_events"].length }));
    value("programmes", ref["programmes"].filter((/** @type {any} */ p) => said["programmes"]?.includes(p.code)).map(nameOf).join(say("and")));
    value("policy_items", said["policy_items"]?.join(say("and")));
    value("next_step", [said["next_step"]?.on, said["next_step"]?.text].filter(Boolean).join(" · "));
    value("progress_percent", said["progress_percent"] != null && `${said["progress_percent"]} %`);
    value("stage", nameOf(ref["stages"].find((/** @type {any} */ stage) => stage.code === said["stage"]) ?? {}));
    value("ended_at", said["ended_at"] && sayTime(said["ended_at"]));
    value("projects", (said["projects"] ?? []).map((/** @type {string} */ id) => projectOf(id)?.name).join(say("and")));
    value("sensitive", said["sensitive"] && say("sensitive"));
    const left = wishes(kind, said, { photos: visit.photos.length, later: later() }).map((wish) => say(`wish-${wish}`));
    one("[data-wish]").textContent = left.length ? say("wish", { what: left.join(say("and")) }) : say("wish-none");
    one("[data-photos-absent]").hidden = visit.photos.length > 0 || kind?.photos !== "expected";
  }

  /** @param {{name?: string}[]} list */
  function names(list) {
    const known = list.map(({ name }) => name).filter(Boolean);
    return known.length > 2 ? say("people", { name: String(known[0]), n: known.length - 1 }) : known.join(say("and"));
  }

  /** @param {string} step @param {boolean} open */
  function unfold(step, open) {
    const section = one(`[data-step="${step}"]`);
    section.toggleAttribute("data-open", open);
    section.querySelector(".step-head")?.setAttribute("aria-expanded", String(open));
  }

  /** What this kind asks, in its order; the rest is one tap further down, unless something is in it already. */
  function arrange() {
    const { asked: steps, more, open } = order(kind);
    const bar = one("[data-more]");
    const filled = (/** @type {string} */ step) => one(`[data-step="${step}"]`).hasAttribute("data-done");
    for (const step of [...steps, ...more]) bar.before(one(`[data-step="${step}"]`));
    bar.hidden = false;
    for (const step of [...steps, ...more]) {
      one(`[data-step="${step}"]`).hidden = !steps.includes(step) && !filled(step);
      unfold(step, open.includes(step));
    }
    const none = kind?.position === "none" && !body()["position"];
    if (none) one('[data-step="position"]').hidden = true;
  }

  function showKinds() {
    one("[data-kinds]").replaceChildren(
      ...ref["kinds"].map((/** @type {any} */ each) => {
        const tile = fill(copy("kind"), { name: nameOf(each) });
        tile.prepend(kindIcon(each));
        const radio = input("input", tile);
        radio.value = each.code;
        radio.checked = each.code === kind?.code;
        return tile;
      }),
    );
  }

  function showWhen() {
    const now = ctx.clock.now();
    const { said, at } = visit.occurred;
    for (const radio of /** @type {HTMLInputElement[]} */ (all('[name="when"]'))) {
      radio.checked = radio.value === said;
      /** @type {HTMLElement} */ (radio.parentElement).hidden = !choicesAt(now).includes(radio.value) && radio.value !== said;
    }
    one("[data-when-time]").hidden = said === "now" || said === "just_now";
    const box = input("[data-when-at]");
    if (document.activeElement !== box) box.value = localValue(at ? new Date(at).getTime() : (assumed("time", now) ?? now));
    box.max = localValue(now);
    one("[data-later]").hidden = !later();
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

  async function showIssues() {
    if (openIssues().length === 0 && body()["issue_events"].length === 0 && !issuesLoaded) return;
    const { issues: list, open } = await issues();
    list.show();
    open.show();
  }

  // --- the way through the page -------------------------------------------------------------------------------------

  function showForm() {
    view("form");
    showKinds();
    showWhen();
    showFurther();
    fields.show();
    people.show();
    photos.show();
    place.show();
    void showIssues();
    summarise();
    arrange();
    unfold("kind", !kind);
    unfold("when", visit.occurred.said !== "now");
    void place.warmUp();
  }

  /** @param {string|undefined} code */
  function takeKind(code) {
    kind = ref["kinds"].find((/** @type {any} */ each) => each.code === code) ?? null;
    if (kind) body()["kind"] = kind.code;
  }

  /** @param {{project?: any, typed?: string}} choice */
  function chosen({ project: taken, typed = "" }) {
    if (picking === "further") {
      const more = body()["projects"] ?? [];
      if (taken && taken.id !== body()["project"] && !more.includes(taken.id)) body()["projects"] = [...more, taken.id];
      changed();
      return showForm();
    }
    const live = visit.id !== null || Boolean(kind);
    body()["project"] = taken?.id ?? null;
    body()["typed_project"] = taken ? "" : typed;
    visit.title = taken ? titleOf(taken) : typed;
    if (live) {
      changed();
      return showForm();
    }
    const last = taken && ref["last_kind_by_project"]?.[taken.id];
    takeKind(asked.get("kind") ?? last ?? localStorage.getItem("fieldapp-last-kind") ?? ref["kinds"][0].code);
    const contact = ref["contacts"].find((/** @type {any} */ each) => each.id === asked.get("contact"));
    if (contact) body()["met"] = [{ name: contact.name, title: contact.title ?? "", contact: contact.id }];
    if (!asked.has("project")) history.pushState(null, "", taken ? `/capture?project=${taken.id}` : "/capture?new");
    visit.recordedAt = ctx.clock.now();
    showForm();
  }

  /** @param {string} mode */
  function showPick(mode) {
    picking = mode;
    one("[data-drafts]").hidden = mode !== "main" || visit.id !== null || one('[data-list="drafts"]').childElementCount === 0;
    one("[data-back-to-form]").hidden = !kind;
    view("pick");
    pick.show(mode === "further");
  }

  async function showDrafts() {
    const rows = (await outbox(ctx, me.id)).filter(({ place, record, open_elsewhere }) => place === "draft" && record.type === "visit" && !open_elsewhere);
    one('[data-list="drafts"]').replaceChildren(
      ...rows.map(({ record, photos: taken }) => {
        const named = ref["kinds"].find((/** @type {any} */ each) => each.code === record.form["kind"]);
        const sub = [say("draft-sub", { kind: named ? nameOf(named) : "", when: sayTime(record.created_at) }), taken.length && say("draft-photos", { n: taken.length })];
        const line = fill(copy("draft"), { title: record.title || say("untitled"), sub: sub.filter(Boolean).join(" · ") });
        /** @type {HTMLAnchorElement} */ (one("a", line)).href = `/capture?draft=${record.id}`;
        return line;
      }),
    );
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
    place.beforeSave();
    for (const event of body()["issue_events"]) {
      if (event.type !== "opened") continue;
      event.projects = body()["project"] ? [body()["project"]] : [];
      event.enterprises = project()?.enterprise?.id ? [project().enterprise.id] : [];
    }
    const saved = await visit.save();
    button.disabled = false;
    if (saved) showSaved(saved);
  }

  /** @param {{record: import("../outbox/types.js").OutboxRecord, photos: any[]}} saved */
  function showSaved({ record, photos: kept }) {
    localStorage.setItem("fieldapp-saved", "1");
    localStorage.setItem("fieldapp-last-kind", record.form["kind"] ?? "");
    history.replaceState(null, "", "/capture");
    const done = one('[data-view="saved"]');
    const key = kept.length === 0 ? "saved.none" : "saved";
    fill(done, { saved: say(key, { time: sayTime(record.saved_at ?? ctx.clock.now()), n: kept.length }), sent: say(navigator.onLine ? "sent-sending" : "sent-later") });
    const link = /** @type {HTMLAnchorElement} */ (one("[data-to-project]", done));
    link.hidden = !record.form["project"];
    link.href = `/projects/${record.form["project"]}`;
    const near = record.form["position"] ?? pick.near() ?? project();
    const others = near?.lat == null ? [] : searchProjects(ref["projects"], "", { near, recent: [] }).filter(({ id, distance_m }) => id !== record.form["project"] && distance_m !== null).slice(0, 3);
    listProjects(one('[data-list="nearby"]'), others);
    one("[data-nearby]").hidden = others.length === 0;
    view("saved");
    one('[data-slot="saved"]').focus();
    one("[data-reopen]").onclick = () => location.assign(`/capture?draft=${record.id}`);
    void navigator.storage?.persist?.();
    void askForSync();
    void follow(record.id);
  }

  /** How the upload goes, until it is done or the page is left. @param {string} id */
  async function follow(id) {
    const tell = async () => {
      const row = (await outbox(ctx, me.id)).find(({ record }) => record.id === id);
      if (!row) return;
      const now = placeOf(row.record, row.photos, ctx.clock.now());
      const key = { sent: "sent-done", needs_you: "sent-needs-you", sending: "sent-sending" }[/** @type {string} */ (now)];
      if (key) fill(one('[data-view="saved"]'), { sent: say(key) });
      one("[data-reopen]").hidden = row.record.ever_2xx;
    };
    subscribe(ctx, () => void tell().catch(() => undefined));
    const result = navigator.onLine ? await flush("open") : null;
    await tell();
    if (result?.signIn) fill(one('[data-view="saved"]'), { sent: say("sent-sign-in") });
    else if (!result || result.offline) fill(one('[data-view="saved"]'), { sent: say("sent-later") });
  }

  // --- what the officer does ----------------------------------------------------------------------------------------

  on(form, "click", ".step-head", (head) => {
    const section = /** @type {HTMLElement} */ (head.closest(".step"));
    const step = section.dataset["step"] ?? "";
    if (step === "project") return showPick("main");
    const open = !section.hasAttribute("data-open");
    unfold(step, open);
    if (open) /** @type {HTMLElement|null} */ (section.querySelector("textarea, .step-body > .field .input"))?.focus();
  });
  on(form, "change", '[name="kind"]', (radio) => {
    takeKind(/** @type {HTMLInputElement} */ (radio).value);
    changed();
    arrange();
    unfold("kind", false);
    one('[data-step="kind"] .step-head').focus();
    place.show();
    void place.warmUp();
  });
  const timeChanged = () => {
    body()["said_when"] = visit.occurred.said;
    showWhen();
    place.timeChanged();
    changed();
  };
  on(form, "change", '[name="when"]', (radio) => {
    visit.occurred = occurred(/** @type {HTMLInputElement} */ (radio).value, ctx.clock);
    timeChanged();
  });
  input("[data-when-at]").addEventListener("change", (event) => {
    visit.occurred = occurred("time", ctx.clock, /** @type {HTMLInputElement} */ (event.target).value);
    timeChanged();
  });
  one("[data-more]").addEventListener("click", () => {
    for (const step of order(kind).more) one(`[data-step="${step}"]`).hidden = step === "position" && kind?.position === "none";
    one("[data-more]").hidden = true;
  });
  one("[data-back-to-form]").addEventListener("click", showForm);
  one("[data-further-add]").addEventListener("click", () => showPick("further"));
  on(one("[data-further]"), "click", "[data-further]", (chip) => {
    body()["projects"] = body()["projects"].filter((/** @type {string} */ id) => id !== chip.dataset["further"]);
    showFurther();
    changed();
  });
  one("[data-add-issue]").addEventListener("click", async () => {
    if (issuesLoaded) return;
    (await issues()).issues.open(null);
  });
  on(one('[data-view="saved"]'), "click", "[data-project]", (button) => location.assign(`/capture?project=${button.dataset["project"]}`));
  one("[data-rescue]").addEventListener("click", async () => {
    const { saveAsFile, exportForm } = await import("./rescue.js");
    const { record, photos: kept } = await visit.asRecord();
    const name = await saveAsFile(await exportForm(ctx, record, kept));
    if (name) toast(say("exported", { name }));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void save();
  });
  addEventListener("popstate", () => location.reload());
  const putAway = () => void visit.store();
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && putAway());
  addEventListener("pagehide", putAway);
  saysDirty(() => !form.hidden && (visit.dirty || visit.id !== null));
  subscribe(ctx, async (news) => {
    if (news.kind !== "reference") return;
    ref = await readReference(ctx);
    if (!one('[data-view="pick"]').hidden) pick.refresh();
  });

  // --- where to start -----------------------------------------------------------------------------------------------

  const draft = asked.get("draft");
  if (draft) return openDraft(draft);
  await showDrafts();
  const preset = asked.get("project");
  if (preset && projectOf(preset)) return chosen({ project: projectOf(preset) });
  showPick("main");

  /** @param {string} id */
  async function openDraft(id) {
    try {
      await visit.open(id);
    } catch (problem) {
      const code = String(/** @type {any} */ (problem)?.code ?? "store");
      return closed(["open-elsewhere", "being-sent", "already-received"].includes(code) ? code : "gone");
    }
    if (visit.record?.owner !== me.id) return closed("other-owner");
    takeKind(body()["kind"]);
    showForm();
  }
}

if (missing().length > 0) view("too-old");
else {
  begin().catch((error) => {
    view("failed");
    throw error;
  });
}
