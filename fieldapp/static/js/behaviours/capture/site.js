/**
 * What an officer records on site: how the works get on, milestones, what was asked, pictures taken in the page. It comes
 * once the form stands.
 * @import { OpenVisit } from "./visit.js"
 * @import { Page } from "./page.js"
 */
import { one } from "../dom.js";
import { template } from "./more.js";
import { setUpNodes } from "./nodes.js";
import { setUpProgress } from "./progress.js";
import { setUpQuestions } from "./questions.js";
import { localValue } from "./when.js";

const ASKED_AFTER = ["progress", "content", "photos", "position"];

/**
 * @param {{page: Page, visit: () => OpenVisit, changed: () => void, project: () => any, kind: () => any}} form
 */
export async function setUpSite({ page, visit, changed, project, kind }) {
  const part = await template("site");
  const form = () => visit().form;
  const onSite = () => kind()?.group === "site";
  const stage = () => project()?.stage ?? "";
  const day = () => localValue(visit().occurred.at ? new Date(visit().occurred.at ?? "").getTime() : visit().recordedAt).slice(0, 10);
  const last = () => page.ref.progress.find((each) => each.project === form()["project"]);

  const progress = setUpProgress(part, { form, last, stages: () => page.ref.stages, stage });
  const nodes = setUpNodes(part, { form, photos: () => visit().photos, day, changed, wanted: () => Boolean(project()) });
  const questions = setUpQuestions(part, {
    form, changed, questions: () => page.ref.questions, stage: () => form()["stage"] || stage(), wanted: () => onSite() && Boolean(project()),
  });
  const shutter = one("[data-open-camera]", /** @type {any} */ (part));
  one('[data-step="photos"] .shutters').after(shutter);
  shutter.hidden = !navigator.mediaDevices?.getUserMedia;
  shutter.addEventListener("click", async () => {
    const { openCamera } = await import("./camera.js");
    await openCamera({ visit, project: () => project()?.id ?? "", changed });
  });
  document.querySelector("main")?.append(part); // the camera, and what `copy` copies
  new MutationObserver(() => nodes.photosChanged()).observe(one("[data-photos]"), { childList: true });

  return {
    /** After the steps were put in their order. */
    show() {
      for (const each of [progress, nodes, questions]) each.show();
      const before = ASKED_AFTER.map((step) => one(`[data-step="${step}"]`)).find((step) => !step.hidden);
      before?.after(questions.section);
    },
  };
}
