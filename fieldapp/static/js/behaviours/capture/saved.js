/**
 * "Saved on this phone", then the next natural step, and how the upload goes while one looks.
 * @import { OutboxRecord, Photo } from "../../outbox/types.js"
 * @import { Page } from "./page.js"
 */
import { searchProjects } from "../../outbox/search.js";
import { outbox, subscribe } from "../../outbox/state.js";
import { fill, on, one } from "../dom.js";
import { askForSync, flush } from "../sending.js";
import { say, sayTime } from "../words.js";
import { view } from "./page.js";
import { listProjects } from "./pick.js";

const SAYS = /** @type {Record<string, string>} */ ({ sent: "sent-done", needs_you: "sent-needs-you", sending: "sent-sending" });
const NEARBY_M = 20_000; // a visit logged at home has no project around the corner

/**
 * @param {Page} page
 * @param {{record: OutboxRecord, photos: Photo[]}} saved
 * @param {Record<string, any>} form  as it was filled in; what was saved of it may be an addition to another visit
 */
export function showSaved(page, { record, photos }, form) {
  const done = one('[data-view="saved"]');
  localStorage.setItem("fieldapp-saved", "1");
  localStorage.setItem("fieldapp-last-kind", form["kind"] ?? "");
  history.replaceState(null, "", "/capture");
  const time = sayTime(record.saved_at ?? page.ctx.clock.now());
  fill(done, {
    saved: say(photos.length === 0 ? "saved.none" : "saved", { time, n: photos.length }),
    project: record.title || form["typed_project"] || "",
    sent: say(navigator.onLine ? "sent-sending" : "sent-later"),
  });
  const link = /** @type {HTMLAnchorElement} */ (one("[data-to-project]", done));
  link.hidden = !form["project"];
  link.href = `/projects/${form["project"]}`;
  const kind = page.ref.kinds.find(({ code }) => code === form["kind"]);
  const next = /** @type {HTMLAnchorElement} */ (one("[data-next-visit]", done));
  if (kind?.group === "phone") [next.href, next.textContent] = [`/capture?kind=${kind.code}`, say("log-one-more")];
  one("[data-reopen]", done).hidden = record.type !== "visit";
  one("[data-reopen]", done).onclick = () => location.assign(`/capture?draft=${record.id}`);
  on(done, "click", "[data-project]", (button) => location.assign(`/capture?project=${button.dataset["project"]}`));
  showNearby(page, form);
  view("saved");
  one('[data-slot="saved"]', done).focus();
  void navigator.storage?.persist?.();
  void askForSync();
  void follow(page, record.id, done);
}

/** @param {Page} page @param {Record<string, any>} form */
function showNearby({ ref, near }, form) {
  const here = form["position"] ?? near() ?? ref.projects.find(({ id }) => id === form["project"]);
  const found = here?.lat == null ? [] : searchProjects(ref.projects, "", { near: here, recent: [] });
  const others = found.filter(({ id, distance_m }) => id !== form["project"] && (distance_m ?? Infinity) < NEARBY_M).slice(0, 3);
  listProjects(one('[data-list="nearby"]'), others);
  one("[data-nearby]").hidden = others.length === 0;
}

/**
 * @param {Page} page
 * @param {string} id
 * @param {HTMLElement} done
 */
async function follow({ ctx, me }, id, done) {
  const tell = async () => {
    const row = (await outbox(ctx, me.id)).find(({ record }) => record.id === id);
    if (!row) return;
    const key = SAYS[row.place];
    if (key) fill(done, { sent: say(key) });
    one("[data-reopen]", done).hidden = row.record.ever_2xx || row.record.type !== "visit";
  };
  subscribe(ctx, () => void tell().catch(() => undefined));
  const result = navigator.onLine ? await flush("open") : null;
  if (result?.signIn) fill(done, { sent: say("sent-sign-in") });
  else if (!result || result.offline) fill(done, { sent: say("sent-later") });
  await tell();
}
