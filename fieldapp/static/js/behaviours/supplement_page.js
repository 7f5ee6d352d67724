/**
 * The forms under a visit: opened from the sheet; sent as they are while there is a network, and kept on this phone where
 * there is none. Without this module each is a plain form.
 */
import { missing } from "./browser.js";
import { all, fill, input, on, one } from "./dom.js";
import { phone } from "./phone.js";
import { afterRun, flush } from "./sending.js";
import { bodyOf, pickedPhotos, readForm, takePoint } from "./supplement_form.js";
import { toast } from "./toast.js";
import { stateBadge } from "./unsent.js";
import { knows, say } from "./words.js";
import { uuid7 } from "../outbox/ids.js";
import { sendForm } from "../outbox/plain_form.js";
import { outbox, subscribe } from "../outbox/state.js";
import { sayLater } from "../outbox/supplements.js";

/** What was said, in a line. @param {Record<string, any>} form */
export function lineOf(form) {
  const fields = Object.keys(form["fields"] ?? {}).map((name) => (knows(`field-${name}`) ? say(`field-${name}`) : name));
  return form["text"] || form["reason"] || fields.join(" · ");
}

/** The fold or section that an address points at is opened. */
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
}

function sheets() {
  for (const button of all("[data-opens]")) {
    button.hidden = false;
    button.addEventListener("click", () => /** @type {HTMLDialogElement} */ (document.getElementById(button.dataset["opens"] ?? "")).showModal());
  }
  on(document, "click", "dialog [data-close], dialog a[href^='#']", (inside) => inside.closest("dialog")?.close());
  addEventListener("hashchange", openTarget);
  openTarget();
}

/** @param {HTMLFormElement} form @param {HTMLElement|null} button */
function send(form, button) {
  const data = new FormData(form);
  if (button instanceof HTMLButtonElement && button.name) data.append(button.name, button.value);
  return sendForm(form.action, data);
}

/** @param {HTMLElement} root @param {HTMLFormElement} form @param {HTMLElement|null} button */
function said(root, form, button) {
  const { now, before } = readForm(form, button);
  const { offset, met, outside, nextBy, keep, supplement = "" } = form.dataset;
  const known = { before, offset, met: JSON.parse(met ?? "[]"), outside: JSON.parse(outside ?? "[]"), nextBy, keep: JSON.parse(keep ?? "{}") };
  return { id: now["id"], body: bodyOf(supplement, root.dataset["visit"] ?? "", now, /** @type {any} */ (known)) };
}

/** What is written here stands on the phone: the next thing written in this form is another one. @param {HTMLFormElement} form */
async function begunAnew(form) {
  const ctx = await phone();
  for (const field of form.elements) {
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
      if (form.dataset["supplement"] === "correction") field.defaultValue = field.value;
    }
  }
  form.reset();
  /** @type {HTMLInputElement} */ (one("input[name=id]", form)).value = uuid7(ctx.clock, ctx.random);
  const fold = form.closest("details");
  if (fold) fold.open = false;
}

/** @param {HTMLElement} root @param {HTMLFormElement} form @param {HTMLElement|null} button @param {boolean} signedOut */
async function keep(root, form, button, signedOut) {
  const { id, body } = said(root, form, button);
  if (!body) return toast(say(form.dataset["supplement"] === "addition" ? "nothing-said" : "nothing-differs"));
  if (!form.reportValidity()) return;
  try {
    const photos = await pickedPhotos(form);
    await sayLater(await phone(), { id, owner: root.dataset["owner"] ?? "", form: body, title: root.dataset["title"] ?? "", photos });
  } catch {
    return toast(say("not-kept"));
  }
  await begunAnew(form);
  toast(say("kept-here"));
  if (signedOut) location.assign(`/login?next=${location.pathname}`);
  else void flush(null).catch(() => undefined);
}

/** Photos go by the outbox, which sends them piece by piece and once. @param {HTMLFormElement} form */
const hasPhotos = (form) => [...form.querySelectorAll("input[type=file]")].some((field) => (/** @type {HTMLInputElement} */ (field).files?.length ?? 0) > 0);

/**
 * What the server wants mended, at the fields where it belongs: all that was typed, and picked, stays as it is.
 * @param {HTMLFormElement} form
 * @param {string} html  the page that it answered with
 */
function showMistakes(form, html) {
  const told = new DOMParser().parseFromString(html, "text/html").querySelector(`form[data-supplement="${form.dataset["supplement"]}"]`);
  if (!told) return toast(say("not-taken"));
  for (const old of all(".error, .notice", form)) old.remove();
  for (const field of all("[aria-invalid]", form)) field.removeAttribute("aria-invalid");
  for (const wrong of all("[aria-invalid]", told)) {
    const field = form.querySelector(`#${CSS.escape(wrong.id)}`);
    const error = told.querySelector(`#${CSS.escape(wrong.id)}-error`);
    field?.setAttribute("aria-invalid", "true");
    field?.setAttribute("aria-describedby", wrong.getAttribute("aria-describedby") ?? "");
    if (error) field?.closest(".field")?.append(document.importNode(error, true));
  }
  for (const notice of all(".notice", told)) form.prepend(document.importNode(notice, true));
  // Where the server has something else under the old id, it gives another one.
  input("input[name=id]", form).value = input("input[name=id]", told).value;
  const first = /** @type {HTMLElement|null} */ (form.querySelector("[aria-invalid], .notice"));
  first?.focus();
  first?.scrollIntoView({ block: "center" });
}

/** @param {HTMLElement} root */
function sending(root) {
  on(root, "submit", "form[data-supplement]", (target, event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (/** @type {unknown} */ (target));
    const button = /** @type {SubmitEvent} */ (event).submitter;
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    const sent = hasPhotos(form) ? Promise.resolve({ how: "photos", url: "", html: "" }) : send(form, button);
    void sent.then(async ({ how, url, html }) => {
      if (how === "done") {
        // The same page with another hash would not be asked for anew.
        location.assign(url);
        if (new URL(url).search === location.search) location.reload();
      } else if (how === "refused") showMistakes(form, html);
      else await keep(root, form, button, how === "signed-out");
      form.removeAttribute("aria-busy");
    });
  });
}

/** @param {HTMLElement} root */
async function waiting(root) {
  const here = one("[data-waiting-here]", root);
  const template = /** @type {HTMLTemplateElement} */ (one("[data-waiting-template]", root));
  const ctx = await phone();
  let before = 0;
  const draw = async () => {
    const rows = (await outbox(ctx, root.dataset["owner"] ?? "")).filter(
      ({ record, place }) => record.type === "supplement" && record.form["visit"] === root.dataset["visit"] && !["draft", "sent"].includes(place),
    );
    one("[data-waiting-list]", here).replaceChildren(...rows.map((row) => line(template, row)));
    here.hidden = rows.length === 0;
    if (rows.length < before && !writing(root)) location.reload(); // the office has it: the page reads it now
    before = rows.length;
  };
  const quietly = () => void draw().catch(() => undefined);
  subscribe(ctx, quietly);
  afterRun(quietly);
  await draw();
}

/** @param {HTMLTemplateElement} template @param {import("../outbox/types.js").Row} row */
function line(template, { record, photos, place }) {
  const made = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
  const pictures = photos.length ? say("photos", { n: photos.length }) : "";
  fill(made, { title: say(`said-${record.form["type"]}`), text: [lineOf(record.form), pictures].filter(Boolean).join(" · ") });
  one("[data-state-here]", made).replaceChildren(stateBadge(place));
  return made;
}

/** Whether somebody is writing in one of the forms. @param {HTMLElement} root */
const writing = (root) =>
  all("form[data-supplement]", root).some((form) => {
    const { now, before } = readForm(/** @type {HTMLFormElement} */ (form));
    return JSON.stringify(now) !== JSON.stringify(before);
  });

export function supplements() {
  const root = document.querySelector("[data-supplements]");
  if (!(root instanceof HTMLElement)) return;
  sheets();
  if (missing().length > 0) return;
  sending(root);
  for (const button of all("[data-point]", root)) button.hidden = false;
  on(root, "click", "[data-point]", takePoint);
  void waiting(root).catch(() => undefined);
}
