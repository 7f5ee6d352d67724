/** The capture page: first the project (or a draft begun earlier), then the form. Everything works without a network. */
import { missing } from "./browser.js";
import { readReference, view } from "./capture/page.js";
import { setUpPick } from "./capture/pick.js";
import { all, copy, fill, one } from "./dom.js";
import { author, followAuthor, phone } from "./phone.js";
import { nameOf, say, sayTime } from "./words.js";
import { outbox, subscribe } from "../outbox/state.js";

/** @typedef {ReturnType<typeof import("./capture/form.js").setUpForm>} TheForm */

/** @param {import("./capture/page.js").Page} page */
async function showDrafts({ ctx, me, ref }) {
  const rows = await outbox(ctx, me.id);
  const drafts = rows.filter(({ place, record, open_elsewhere }) => place === "draft" && record.type === "visit" && !open_elsewhere);
  one('[data-list="drafts"]').replaceChildren(
    ...drafts.map(({ record, photos }) => {
      const kind = ref.kinds.find(({ code }) => code === record.form["kind"]);
      const begun = say("draft-sub", { kind: kind ? nameOf(kind) : "", when: sayTime(record.created_at) });
      const sub = [begun, photos.length > 0 && say("draft-photos", { n: photos.length })].filter(Boolean).join(" · ");
      const line = fill(copy("draft"), { title: record.title || say("untitled"), sub });
      /** @type {HTMLAnchorElement} */ (one("a", line)).href = `/capture?draft=${record.id}`;
      return line;
    }),
  );
}

async function begin() {
  const ctx = await phone();
  const me = await author();
  void followAuthor(() => one('form[data-view="form"]').hidden !== false);
  if (!me) return view("nobody");
  const asked = new URLSearchParams(location.search);
  /** @type {"main"|"further"} */
  let picking = "main";
  /** @type {TheForm|null} */
  let form = null;
  /** @type {Promise<TheForm>|null} */
  let forming = null;
  // Fetched ahead, and a project may be tapped on meanwhile: two forms on one page would write, and save, two visits.
  const theForm = () =>
    (forming ??= import("./capture/form.js").then(
      ({ setUpForm }) => (form = setUpForm(page)),
      (problem) => {
        forming = null;
        throw problem;
      },
    ));

  const pick = setUpPick(one('[data-view="pick"]'), {
    projects: () => page.ref.projects,
    recent: () => page.ref.recent_projects,
    chosen: (choice) => void chosen(choice),
  });
  /** @type {import("./capture/page.js").Page} */
  const page = {
    ctx, me, asked, near: pick.near,
    ref: await readReference(ctx),
    pick: showPick,
    backToForm: () => form?.show(),
  };

  /** @param {{project?: any, typed?: string}} choice */
  async function chosen(choice) {
    const open = await theForm();
    if (picking === "further") return open.addProject(choice);
    if (!open.live() && !asked.has("project")) history.pushState(null, "", choice.project ? `/capture?project=${choice.project.id}` : "/capture?new");
    open.choose(choice);
  }

  /** @param {"main"|"further"} mode */
  function showPick(mode) {
    picking = mode;
    const live = form?.live() ?? false;
    one("[data-drafts]").hidden = live || all('[data-list="drafts"] li').length === 0;
    one("[data-back-to-form]").hidden = !live;
    view("pick");
    pick.show(mode === "further");
    void theForm();
  }

  one("[data-back-to-form]").addEventListener("click", page.backToForm);
  addEventListener("popstate", () => location.reload());
  subscribe(ctx, async ({ kind }) => {
    if (kind !== "reference") return;
    page.ref = await readReference(ctx);
    if (!one('[data-view="pick"]').hidden) pick.refresh();
  });

  const draft = asked.get("draft");
  if (draft) return (await theForm()).open(draft);
  await showDrafts(page);
  const project = page.ref.projects.find(({ id }) => id === asked.get("project"));
  if (project) return chosen({ project });
  showPick("main");
}

if (missing().length > 0) view("too-old");
else {
  begin().catch((error) => {
    view("failed");
    throw error;
  });
}
