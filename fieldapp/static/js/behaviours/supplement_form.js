/**
 * What a form under a visit says, as the body of a supplement: the same that feed/supplement_forms.py makes of it, so that
 * a form which reached the server after all and is sent again from this phone is one supplement.
 * @typedef {Record<string, string>} Values  of a form, by the names of its inputs; a box that is not ticked is ""
 * @typedef {{before?: Values, offset?: string, met?: any[], outside?: any[], nextBy?: string, keep?: {projects?: string[], enterprises?: string[]}}} Known
 */

const TEXTS = ["content", "progress", "needs", "problems", "answers"];
export const FIELDS = [
  "kind", "occurred_at", ...TEXTS, "stage", "progress_percent", "met_name", "met_title", "outside", "programmes", "next_text", "next_on", "point", "sensitive",
];
const POINT = /^(-?\d{1,2}(?:\.\d{1,9})?)\s*[,，]\s*(-?\d{1,3}(?:\.\d{1,9})?)$/;
const MAX_LINE = 200;

/** The photos picked in a form, their bytes read at once. @param {HTMLFormElement} form */
export function pickedPhotos(form) {
  const field = form.elements.namedItem("photos");
  const files = field instanceof HTMLInputElement ? [...(field.files ?? [])] : [];
  return Promise.all(files.map(async (file) => ({ bytes: await file.arrayBuffer(), type: file.type })));
}

/** A button that writes a point into its form's field, the project's for one. @param {HTMLElement} button */
export function takePoint(button) {
  const field = button.closest("form")?.elements.namedItem("point");
  if (field instanceof HTMLInputElement) field.value = button.dataset["point"] ?? "";
}

/** @param {string|undefined} text */
const clean = (text) => (text ?? "").replaceAll("\0", "").replaceAll("\r\n", "\n").trim();

/**
 * null: it says nothing.
 * @param {string} type
 * @param {string} visit
 * @param {Values} values
 * @param {Known} [known]
 * @returns {Record<string, any>|null}
 */
export function bodyOf(type, visit, values, known = {}) {
  const text = clean(values["text"]);
  const reason = clean(values["reason"]);
  if (type === "addition") return text || values["photos"] ? { visit, type, text } : null; // a picture says enough
  if (type === "withdrawal" || type === "void") return reason ? { visit, type, reason } : null;
  if (type === "photo_withdrawn") return values["photo"] && reason ? { visit, type, photo: values["photo"], reason } : null;
  if (type === "move") return moved(visit, values, known.keep ?? {});
  const fields = corrected(values, known);
  return Object.keys(fields).length > 0 ? { visit, type, fields } : null;
}

/** @param {string} visit @param {Values} values @param {{projects?: string[], enterprises?: string[]}} keep */
function moved(visit, { project, enterprise }, { projects = [], enterprises = [] }) {
  if (project) return { visit, type: "move", project, projects: projects.filter((id) => id !== project), enterprises };
  return enterprise ? { visit, type: "move", enterprises: [enterprise] } : null;
}

/** @param {Values} values @param {Known} known */
function corrected(values, { before = {}, offset = "+08:00", met = [], outside = [], nextBy = "" }) {
  const now = Object.fromEntries(FIELDS.map((name) => [name, clean(values[name])]));
  const changed = new Set(FIELDS.filter((name) => now[name] !== clean(before[name])));
  /** @type {Record<string, any>} */
  const said = {};
  for (const name of ["kind", ...TEXTS, "stage"]) if (changed.has(name)) said[name] = now[name];
  const percent = now["progress_percent"] ?? "";
  if (changed.has("progress_percent")) said["progress_percent"] = percent === "" ? null : Number(percent);
  if (changed.has("occurred_at") && now["occurred_at"]) said["occurred_at"] = `${now["occurred_at"].slice(0, 16)}:00${offset}`;
  if (changed.has("met_name") || changed.has("met_title")) said["met"] = [...firstMet(now, met), ...met.slice(1)];
  if (changed.has("outside")) said["outside"] = others(now["outside"] ?? "", outside);
  if (changed.has("programmes")) said["programmes"] = (now["programmes"] ?? "").split(" ").filter(Boolean);
  if (changed.has("point")) said["position"] = pointOf(now["point"] ?? "");
  if (changed.has("next_text") || changed.has("next_on")) said["next_step"] = step(now, nextBy);
  if (changed.has("sensitive")) said["sensitive"] = now["sensitive"] !== "";
  return said;
}

/** A place said by hand. @param {string} text */
export function pointOf(text) {
  const found = POINT.exec(text);
  const [lat, lng] = [Number(found?.[1]), Number(found?.[2])];
  return found && Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? { lat, lng, source: "manual" } : null;
}

/** @param {any} one */
const outsider = ({ unit = "", name = "" }) => [unit, name].filter(Boolean).join(" ");

/** One a line; whoever's line stands there as it did stays who they were. @param {string} text @param {any[]} before */
function others(text, before) {
  const known = new Map(before.map((one) => [outsider(one), one]));
  const lines = text.split("\n").map((line) => line.trim().slice(0, MAX_LINE)).filter(Boolean);
  return lines.map((line) => known.get(line) ?? { unit: line });
}

/** Another name is another person: only under the same one does it stay the contact that it was. @param {Values} now @param {any[]} met */
function firstMet({ met_name: name = "", met_title: title = "" }, [before = {}]) {
  const same = (before.name ?? "") === name ? before : {};
  return name || title ? [{ ...same, name, title }] : [];
}

/** @param {Values} now @param {string} by */
function step({ next_text: text, next_on: on }, by) {
  if (!text && !on) return null;
  return Object.fromEntries(Object.entries({ text, on, by_name: by }).filter(([, value]) => value));
}

/**
 * What a correction starts from: a visit's body as the inputs show it.
 * @param {Record<string, any>} form
 * @param {string} occurredAt  as this phone's clock says it, with offset
 * @returns {Values}
 */
export function valuesOf(form, occurredAt) {
  const met = form["met"]?.[0] ?? {};
  const percent = form["progress_percent"];
  return {
    ...Object.fromEntries(TEXTS.map((name) => [name, clean(form[name])])),
    kind: form["kind"] ?? "",
    stage: form["stage"] ?? "",
    outside: (form["outside"] ?? []).map(outsider).join("\n"),
    programmes: [...(form["programmes"] ?? [])].sort().join(" "),
    point: form["position"] ? [form["position"].lat, form["position"].lng].map((n) => Number(n).toFixed(6)).join(", ") : "",
    occurred_at: occurredAt.slice(0, 16),
    progress_percent: percent === null || percent === undefined ? "" : String(percent),
    met_name: met.name ?? "",
    met_title: met.title ?? "",
    next_text: clean(form["next_step"]?.text),
    next_on: form["next_step"]?.on ?? "",
    sensitive: form["sensitive"] ? "1" : "",
  };
}

/** Of boxes with one name all that are ticked, in one order. @param {string|undefined} others @param {HTMLInputElement} field */
const ticked = (others, { type, value }) => (type === "checkbox" && others ? [...others.split(" "), value].sort().join(" ") : value);

/**
 * The inputs of a form, as they are and as they were rendered.
 * @param {HTMLFormElement} form
 * @param {HTMLElement|null} [button]  that sent it
 * @returns {{now: Values, before: Values}}
 */
export function readForm(form, button = null) {
  /** @type {Values} */
  const now = {};
  /** @type {Values} */
  const before = {};
  for (const field of form.elements) {
    const name = field.getAttribute("name");
    if (!name) continue;
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      if (field.checked) now[name] = ticked(now[name], field);
      if (field.defaultChecked) before[name] = ticked(before[name], field);
    } else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
      now[name] = field.value;
      before[name] = field.defaultValue;
    } else if (field instanceof HTMLSelectElement) {
      now[name] = field.value;
      before[name] = [...field.options].find((option) => option.defaultSelected)?.value ?? field.options[0]?.value ?? "";
    }
  }
  if (button instanceof HTMLButtonElement && button.name) now[button.name] = button.value;
  return { now, before };
}
