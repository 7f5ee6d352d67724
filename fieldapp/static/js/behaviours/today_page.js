/** Today: what waits on this phone, and whether it is ready for a place without network. */
import { missing } from "./browser.js";
import { all, fill, on, one } from "./dom.js";
import { showDrafts } from "./drafts.js";
import { followUps, mark } from "./follow_ups.js";
import { phone } from "./phone.js";
import { toast } from "./toast.js";
import { firstWords, stateBadge, watchUnsent } from "./unsent.js";
import { say, sayTime } from "./words.js";
import { read } from "../outbox/reference.js";
import { outbox, subscribe } from "../outbox/state.js";

/**
 * @import { Row } from "../outbox/types.js"
 */

const SHOWN = 5;

/** @param {HTMLElement} here @param {HTMLTemplateElement} template @param {Row[]} rows */
function draw(here, template, rows) {
  one("[data-waiting-list]", here).replaceChildren(...rows.slice(0, SHOWN).map((row) => line(template, row)));
  here.hidden = rows.length === 0;
}

/** @param {HTMLTemplateElement} template @param {Row} row */
function line(template, { record, photos, place, stored }) {
  const made = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
  fill(made, {
    title: record.title || record.form["typed_project"] || say("untitled"),
    time: sayTime(record.occurred?.at ?? record.recorded_at),
    photos: [firstWords(record.form).slice(0, 24), photos.length ? say("photos", { n: photos.length }) : ""].filter(Boolean).join(" · "),
  });
  for (const slot of all("[data-state-here]", made)) slot.replaceChildren(stateBadge(place, place === "sending" ? `${stored}/${photos.length}` : ""));
  return made;
}

/**
 * Data alone do not open a page without a network: on a slow line they are here long before the shell is.
 * @param {HTMLElement} here
 */
async function sayReady(here) {
  const ctx = await phone();
  const show = async () => {
    const [projects, loaded, worker] = await Promise.all([read(ctx, "projects"), read(ctx, "loaded_at"), navigator.serviceWorker?.getRegistration()]);
    const n = Array.isArray(projects) ? projects.length : 0;
    here.textContent = n && loaded && worker?.active ? say("ready-offline", { n, time: sayTime(loaded) }) : say("not-ready-offline");
  };
  const again = () => void show().catch(() => undefined);
  ctx.channel.subscribe((news) => {
    if (news.kind === "reference") again();
  });
  void navigator.serviceWorker?.ready.then(again);
  await show();
}

/** @param {string} owner */
async function keepDrafts(owner) {
  const ctx = await phone();
  const kinds = (await read(ctx, "kinds")) ?? [];
  const show = async () => (one("[data-drafts]").hidden = (await showDrafts(ctx, owner, kinds)) === 0);
  const quietly = () => void show().catch(() => undefined);
  subscribe(ctx, quietly);
  addEventListener("pageshow", quietly);
  await show();
}

/** @param {string} owner */
async function keepTicked(owner) {
  const ctx = await phone();
  const look = async () => mark(await outbox(ctx, owner), performance.timeOrigin);
  const quietly = () => void look().catch(() => undefined);
  subscribe(ctx, quietly);
  addEventListener("pageshow", quietly);
  await look();
}

/** A tap on what only the server can do says so instead of leading to the browser's own page of failure. */
function sayWhatNeedsNetwork() {
  on(document, "submit", "form[data-needs-network]", (_form, event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    toast(say("needs-network"));
  });
}

function begin() {
  sayWhatNeedsNetwork();
  const waiting = one("[data-waiting]");
  const template = /** @type {HTMLTemplateElement} */ (one("[data-waiting-template]"));
  followUps(waiting.dataset["owner"] ?? "");
  void keepTicked(waiting.dataset["owner"] ?? "").catch(() => undefined);
  void keepDrafts(waiting.dataset["owner"] ?? "").catch(() => undefined);
  void watchUnsent(waiting.dataset["owner"] ?? "", (rows) => draw(waiting, template, rows)).catch(() => undefined);
  void sayReady(one("[data-ready-offline]")).catch(() => undefined);
}

if (missing().length === 0) begin();
