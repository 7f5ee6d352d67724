/**
 * Something wrong with a visit that has left this phone, said without a network: in the sheet of the outbox, from what the
 * phone holds of it.
 * @import { Ctx, Row } from "../outbox/types.js"
 */
import { all, copy, dialog, fill, input, one } from "./dom.js";
import { pictureOf } from "./capture/photos.js";
import { flush } from "./sending.js";
import { bodyOf, pickedPhotos, readForm, takePoint, valuesOf } from "./supplement_form.js";
import { toast } from "./toast.js";
import { nameOf, say } from "./words.js";
import { read } from "../outbox/reference.js";
import { searchProjects } from "../outbox/search.js";
import { folded, saidLater, sayLater } from "../outbox/supplements.js";

const PLACES = 8;

/**
 * @param {Ctx} ctx
 * @param {Row} row
 * @param {string} type
 */
export async function openSaying(ctx, row, type) {
  const sheet = dialog("[data-say-sheet]");
  const { record } = row;
  const earlier = (await saidLater(ctx, record.owner, record.id)).map(({ form }) => form);
  const now = folded(record.form, earlier);
  const at = now.occurred_at ?? record.occurred.at ?? record.recorded_at;
  const known = {
    offset: /[+-]\d\d:\d\d$/.exec(at)?.[0] ?? "+08:00",
    met: now["met"] ?? [],
    outside: now["outside"] ?? [],
    nextBy: now["next_step"]?.by_name ?? "",
    keep: { projects: now["projects"] ?? [], enterprises: now["project"] ? now["enterprises"] ?? [] : [] },
  };
  fill(sheet, { "say-title": `${say(`said-${type}`)} · ${record.title || now["typed_project"] || say("untitled")}` });
  for (const form of all("form[data-say]", sheet)) form.hidden = form.dataset["say"] !== type;
  const form = /** @type {HTMLFormElement} */ (one(`form[data-say="${type}"]`, sheet));
  if (type === "correction") await fillIn(ctx, form, valuesOf(now, at), now["project"]);
  else form.reset();
  if (type === "move") await offerPlaces(ctx, form, now);
  if (type === "photo_withdrawn") offerPhotos(form, row, earlier);
  form.onsubmit = (event) => {
    event.preventDefault();
    const { now: values, before } = readForm(form, /** @type {SubmitEvent} */ (event).submitter);
    const body = bodyOf(type, record.id, values, { ...known, before });
    if (!body) return toast(say(type === "addition" ? "nothing-said" : "nothing-differs"));
    void keep(ctx, sheet, form, record, body);
  };
  form.onclick = ({ target }) => {
    const button = target instanceof Element ? target.closest("[data-point]") : null;
    if (button instanceof HTMLElement) takePoint(button);
  };
  sheet.showModal();
}

/** @param {Ctx} ctx @param {HTMLDialogElement} sheet @param {HTMLFormElement} form @param {Row["record"]} record @param {Record<string, any>} body */
async function keep(ctx, sheet, form, record, body) {
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  try {
    await sayLater(ctx, { owner: record.owner, form: body, title: record.title, photos: await pickedPhotos(form) });
  } catch {
    return toast(say("not-kept"));
  } finally {
    form.removeAttribute("aria-busy");
  }
  sheet.close();
  toast(say("kept-here"));
  void flush(null).catch(() => undefined);
}

/** Each field as it is now, which is also what a change is measured by. @param {Ctx} ctx @param {HTMLFormElement} form @param {Record<string, string>} values @param {string|null} project */
async function fillIn(ctx, form, values, project) {
  const tables = ["kinds", "stages", "programmes", "projects"];
  const [kinds = [], stages = [], programmes = [], projects = []] = /** @type {any[][]} */ (await Promise.all(tables.map(async (name) => (await read(ctx, name)) ?? [])));
  offer(form, "kind", kinds, values["kind"] ?? "");
  offer(form, "stage", [{ code: "", name: "—" }, ...stages], values["stage"] ?? "");
  const chosen = new Set((values["programmes"] ?? "").split(" ").filter(Boolean));
  const unknown = [...chosen].filter((code) => !programmes.some((each) => each.code === code)).map((code) => ({ code }));
  const boxes = one("[data-say-programmes]", form);
  boxes.replaceChildren(
    ...[...programmes, ...unknown].map((each) => {
      const chip = fill(copy("say-programme"), { programme: nameOf(each) });
      const box = input("input", chip);
      [box.value, box.checked, box.defaultChecked] = [each.code, chosen.has(each.code), chosen.has(each.code)];
      return chip;
    }),
  );
  /** @type {HTMLElement} */ (boxes.closest("fieldset")).hidden = boxes.childElementCount === 0;
  const site = projects.find((each) => each.id === project);
  const point = one("[data-point]", form);
  point.hidden = site?.lat == null;
  if (!point.hidden) point.dataset["point"] = [site.lat, site.lng].map((n) => Number(n).toFixed(6)).join(", ");
  for (const field of form.elements) {
    const value = values[field.getAttribute("name") ?? ""] ?? "";
    if (field instanceof HTMLInputElement && field.name === "programmes") continue;
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = field.defaultChecked = value !== "";
    else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = field.defaultValue = value;
  }
}

/** @param {HTMLFormElement} form @param {string} name @param {any[]} rows @param {string} chosen */
function offer(form, name, rows, chosen) {
  const known = rows.some(({ code }) => code === chosen) ? rows : [...rows, { code: chosen }];
  const options = known.map((row) => new Option(nameOf(row), row.code, row.code === chosen, row.code === chosen));
  /** @type {HTMLSelectElement} */ (one(`select[name=${name}]`, form)).replaceChildren(...options);
}

/** @param {Ctx} ctx @param {HTMLFormElement} form @param {Record<string, any>} now */
async function offerPlaces(ctx, form, now) {
  const [projects, recent] = await Promise.all([read(ctx, "projects"), read(ctx, "recent_projects")]);
  const field = input("[name=find]", form);
  const show = () => {
    const found = searchProjects(projects ?? [], field.value || now["typed_project"] || "", { recent: recent ?? [] });
    const buttons = found.filter(({ id }) => id !== now["project"]).slice(0, PLACES).map((project) => {
      const button = fill(copy("say-place"), { place: project.phase ? `${project.name}（${project.phase}）` : project.name });
      /** @type {HTMLButtonElement} */ (button).value = project.id;
      return button;
    });
    one("[data-say-places]", form).replaceChildren(...(buttons.length ? buttons : [say("no-place")]));
  };
  field.oninput = show;
  show();
}

/** @param {HTMLFormElement} form @param {Row} row @param {Record<string, any>[]} earlier */
function offerPhotos(form, { photos }, earlier) {
  const gone = new Set(earlier.map((said) => said["photo"]));
  one("[data-say-photos]", form).replaceChildren(
    ...photos.filter(({ id, state }) => !gone.has(id) && state !== "withdrawn").map((photo, i, some) => {
      const tile = copy("say-photo");
      const img = /** @type {HTMLImageElement} */ (one("img", tile));
      img.hidden = !pictureOf(photo);
      if (!img.hidden) img.src = pictureOf(photo);
      const radio = input("input", tile);
      radio.value = photo.id;
      radio.setAttribute("aria-label", say("photo-n", { i: i + 1, all: some.length }));
      return tile;
    }),
  );
}
