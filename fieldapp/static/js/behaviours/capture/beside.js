/**
 * What stands beside the form's own steps and comes once it can be used: how a call went, like last time, enterprises that
 * took part, a colleague who was there too. Each is a module and a fold of its own, fetched when it is first wanted.
 * @import { OpenVisit } from "./visit.js"
 * @import { Page } from "./page.js"
 */
import { all } from "../dom.js";
import { say } from "../words.js";
import { lastAt, likeLast } from "./last.js";
import { once } from "./more.js";

const CALL = "phone_follow_up";
const PATIENCE = 1_200;
const SHARED = ["site", "meeting", "office"]; // groups of kinds where two can have been in one place

/**
 * @param {{page: Page, form: HTMLElement, visit: () => OpenVisit, kind: () => any, project: () => any, contacts: () => any[], changed: () => void, showParts: () => void, unfold: (step: string) => void}} the
 */
export function setUpBeside(the) {
  const { page } = the;
  const body = () => the.visit().form;

  const call = once(async () => {
    const { setUpCall } = await import("./call.js");
    return setUpCall({ visit: the.visit, contacts: the.contacts, changed: the.changed, show: the.showParts, unfold: the.unfold });
  });
  const joint = once(async () => {
    const labels = () => Object.fromEntries(all("[data-step]", the.form).map((step) => [step.dataset["step"], step.querySelector(".step-title")?.textContent ?? ""]));
    const { setUpJoint } = await import("./joint.js");
    return setUpJoint({ visit: the.visit, me: page.me.id, labels });
  });
  const firms = once(async () => {
    const { setUpFirms } = await import("./firms.js");
    return setUpFirms({ form: body, projects: () => page.ref.projects, changed: firmsChanged });
  });
  const last = once(async () => {
    const { setUpLikeLast } = await import("./like_last.js");
    return setUpLikeLast({ form: body, wouldFill, changed: () => (the.changed(), the.showParts()) });
  });

  const wouldFill = () => likeLast(body(), lastAt(page.ref.last_visits, page.ref.last_by_project, body()["project"] ?? ""));

  /** A visit without a project goes by the enterprises that took part. */
  function firmsChanged() {
    const ids = /** @type {string[]} */ (body()["enterprises"]);
    if (!body()["project"] && !body()["typed_project"]) {
      const first = page.ref.projects.find(({ enterprise }) => enterprise?.id === ids[0])?.enterprise?.name ?? "";
      the.visit().title = ids.length > 1 ? say("several", { name: first, n: ids.length - 1 }) : first;
    }
    the.changed();
  }

  /** A colleague's visit may be this very one: asked of a first save, where there is a network. */
  const mayBeJoint = () =>
    navigator.onLine && SHARED.includes(the.kind()?.group) && Boolean(body()["project"]) && (the.visit().record?.state ?? "draft") === "draft";

  async function show() {
    const asked = the.kind()?.code === CALL;
    if (asked || call.begun()) (await call.get()).show(asked);
    if (wouldFill() || last.begun()) (await last.get()).show();
    (await firms.get()).show();
    if (mayBeJoint()) (await joint.get()).look();
  }

  return {
    show: () => void show().catch(() => undefined),
    /** No answer, or none in time, is no reason to wait with saving. */
    async beforeSaving() {
      const own = { go: true, addition: null };
      const late = new Promise((done) => setTimeout(done, PATIENCE));
      const asked = mayBeJoint() && (await Promise.race([joint.get(), late]).catch(() => null));
      return asked ? asked.before().catch(() => own) : own;
    },
  };
}
