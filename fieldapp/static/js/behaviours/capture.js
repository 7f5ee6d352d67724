/** The capture page: first the project (or a draft begun earlier), then the form. Everything works without a network. */
import { missing } from "./browser.js";
import { readReference, view } from "./capture/page.js";
import { setUpPick } from "./capture/pick.js";
import { all, one } from "./dom.js";
import { showDrafts } from "./drafts.js";
import { author, followAuthor, phone } from "./phone.js";
import { subscribe } from "../outbox/state.js";

/** @typedef {ReturnType<typeof import("./capture/form.js").setUpForm>} TheForm */

async function begin() {
  const ctx = await phone();
  const me = await author();
  void followAuthor(() => one('form[data-view="form"]').hidden !== false);
  if (!me) return view("nobody");
  const asked = new URLSearchParams(location.search);
  const sort = asked.has("kind") ? `&kind=${asked.get("kind")}` : "";
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
    if (!open.live() && !asked.has("project")) history.pushState(null, "", choice.project ? `/capture?project=${choice.project.id}${sort}` : `/capture?new${sort}`);
    open.choose(choice);
  }

  /** @param {"main"|"further"} mode */
  function showPick(mode) {
    picking = mode;
    const live = form?.live() ?? false;
    one("[data-drafts]").hidden = live || all('[data-list="drafts"] li').length === 0;
    one("[data-back-to-form]").hidden = !live;
    one("[data-what]").hidden = live;
    view("pick");
    pick.show(mode === "further");
    void theForm();
  }

  all("[data-what] a").find((chip) => chip.dataset["kind"] === (asked.get("kind") ?? ""))?.setAttribute("aria-current", "page");
  one("[data-back-to-form]").addEventListener("click", page.backToForm);
  addEventListener("popstate", () => location.reload());
  subscribe(ctx, async ({ kind }) => {
    if (kind !== "reference") return;
    page.ref = await readReference(ctx);
    if (!one('[data-view="pick"]').hidden) pick.refresh();
  });

  const draft = asked.get("draft");
  if (draft) return (await theForm()).open(draft);
  if (asked.has("shared")) await (await import("./capture/shared.js")).offer(page, theForm);
  await showDrafts(ctx, me.id, page.ref.kinds);
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
