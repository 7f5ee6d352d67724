/** What is on this phone: every record with its state and its photos, and what one can do about it. */
import { isAppleTab, missing } from "./browser.js";
import { all, copy, dialog, fill, on, one } from "./dom.js";
import { author, followAuthor, phone } from "./phone.js";
import { pictureOf } from "./capture/photos.js";
import { afterRun, flush, isRunning } from "./sending.js";
import { toast } from "./toast.js";
import { photoPlace, why } from "./why.js";
import { knows, nameOf, say, sayTime } from "./words.js";
import { dropRecord } from "../outbox/dropping.js";
import { acknowledge, check } from "../outbox/loss.js";
import { dropPhoto } from "../outbox/receipts.js";
import { read } from "../outbox/reference.js";
import { outbox, subscribe, summary } from "../outbox/state.js";

const GROUPS = ["needs_you", "sending", "saved", "draft", "sent"];
const DAY = 86_400_000;

/** @param {string} place @param {string} [detail] */
function badge(place, detail = "") {
  const template = document.querySelector(`template[data-state-template="${place}"]`);
  const made = /** @type {HTMLElement} */ (/** @type {Element} */ (/** @type {HTMLTemplateElement} */ (template).content.firstElementChild).cloneNode(true));
  const slot = made.querySelector("[data-state-detail]");
  if (slot) slot.textContent = detail;
  return made;
}

/** The record's own problem, else the first of its photos. @param {any} record @param {any[]} photos */
const problemOf = (record, photos) => record.problem ?? photos.find(({ problem }) => problem)?.problem ?? null;

/** Photos that the server will not take as they are: kept until they are in a file, or given up on purpose. @param {any[]} photos */
const stuck = (photos) => photos.filter((photo) => photo.sealed && (photo.state === "refused" || photo.problem));

/** @param {string} name */
function view(name) {
  for (const each of all("[data-view]")) each.hidden = each.dataset["view"] !== name;
}

async function begin() {
  const ctx = await phone();
  const user = await author();
  void followAuthor(() => true);
  const kinds = new Map(((await read(ctx, "kinds").catch(() => null)) ?? []).map((/** @type {any} */ kind) => [kind.code, kind]));
  const sheet = dialog("[data-record-sheet]");
  const ask = dialog("[data-drop-dialog]");
  /** @type {import("../outbox/types.js").Row|null} */
  let shown = null;

  /** @param {import("../outbox/types.js").Row} row */
  function line(row) {
    const { record, photos, place } = row;
    const made = copy("record");
    made.dataset["record"] = record.id;
    const kind = kinds.get(record.form["kind"]);
    const type = record.type === "visit" ? (kind ? nameOf(kind) : say("type-visit")) : say(record.form["type"] && knows(`said-${record.form["type"]}`) ? `said-${record.form["type"]}` : `type-${record.type}`);
    const when = sayTime(record.occurred?.at ?? record.recorded_at);
    fill(made, {
      title: record.title || record.form["typed_project"] || say("untitled"),
      sub: [type, when].join(" · "),
      seq: record.receipt?.number ?? record.outcome?.["number"] ?? "",
      why: place === "needs_you" ? say(why(problemOf(record, photos), knows)) : row.open_elsewhere ? say("open-elsewhere") : "",
      again: waits(record),
    });
    const total = photos.length + 1;
    const sent = (record.receipt ? 1 : 0) + row.stored;
    one("[data-slot=state]", made).replaceChildren(badge(place, place === "sending" ? `${sent}/${total}` : ""));
    one("[data-slot=state]", made).hidden = false;
    const strip = one("[data-strip-photos]", made);
    strip.hidden = photos.length === 0;
    strip.replaceChildren(...photos.slice(0, 8).map((photo, i) => picture(photo, i, photos.length, record)));
    return made;
  }

  /** @param {any} photo @param {number} i @param {number} n @param {any} record */
  function picture(photo, i, n, record) {
    const tile = copy("photo");
    const img = /** @type {HTMLImageElement} */ (one("img", tile));
    const address = pictureOf(photo);
    img.hidden = !address;
    if (address) img.src = address;
    const place = photoPlace(photo);
    const percent = photo.state === "uploading" && photo.size ? `${Math.floor((100 * photo.offset) / photo.size)} %` : "";
    const text = record.state === "draft" ? "" : percent || say(`photo-${place}`);
    tile.setAttribute("aria-label", [say("photo-n", { i: i + 1, all: n }), text, photo.state === "refused" || photo.state === "unreadable" ? say(`photo-why-${photo.state}`) : ""].filter(Boolean).join(" · "));
    return fill(tile, { state: text });
  }

  /** @param {any} record */
  function waits(record) {
    if (record.state === "sent" || !record.next_at || record.next_at < ctx.clock.now()) return "";
    return say("next-try", { when: sayTime(record.next_at) });
  }

  async function show() {
    if (!user) return;
    const rows = await outbox(ctx, user.id);
    const today = ctx.clock.now() - DAY;
    const of = (/** @type {string} */ group) =>
      rows.filter(({ place, record }) => {
        if (group === "sending") return place === "sending" || place === "waiting";
        if (group === "sent") return place === "sent" && (record.sent_at ?? 0) > today;
        return place === group;
      });
    for (const group of GROUPS) {
      const found = of(group);
      const section = one(`[data-group="${group}"]`);
      section.hidden = found.length === 0;
      one("ul", section).replaceChildren(...found.map(line));
    }
    const queue = of("needs_you").length + of("sending").length + of("saved").length;
    one("[data-send]").hidden = queue === 0;
    one("[data-export-all]").hidden = queue === 0;
    one("[data-keep-open]").hidden = queue === 0;
    one("[data-apple]").hidden = queue === 0 || !isAppleTab();
    one("[data-nothing]").hidden = GROUPS.some((group) => of(group).length > 0);
    if (shown && sheet.open) {
      shown = rows.find(({ record }) => record.id === shown?.record.id) ?? null;
      if (shown) fillSheet(shown);
      else sheet.close();
    }
    const { others } = await summary(ctx, user.id);
    fill(one("[data-others]"), { others: others > 0 ? say("others", { n: others }) : "" });
    one("[data-others]").hidden = others === 0;
  }

  async function showNotices() {
    const lost = await check(ctx);
    const loss = one("[data-loss]");
    loss.hidden = lost === null;
    if (lost) fill(loss, { loss: say("loss", { n: lost.queued }) });
    const { notices } = await import("../outbox/devices.js");
    for (const told of await notices(ctx)) {
      if (!knows(`notice-${told.code}`)) continue;
      one("[data-told]").append(fill(copy("told"), { told: say(`notice-${told.code}`, /** @type {any} */ (told)) }));
    }
  }

  /** @param {import("../outbox/types.js").Row} row */
  function fillSheet({ record, place, photos, open_elsewhere }) {
    const mine = !record.ever_2xx && record.state !== "sent";
    fill(sheet, {
      "sheet-title": record.title || say("untitled"),
      "sheet-why": place === "needs_you" ? say(why(problemOf(record, photos), knows)) : open_elsewhere ? say("open-elsewhere") : say(`about-${place}`),
      "sheet-todo": place === "needs_you" ? say(`${why(problemOf(record, photos), knows)}-do`).replace(/^why-.*/, say("why-do")) : "",
    });
    const edit = /** @type {HTMLAnchorElement} */ (one("[data-edit]", sheet));
    edit.hidden = !mine || record.type !== "visit" || open_elsewhere;
    edit.href = `/capture?draft=${record.id}`;
    const page = /** @type {HTMLAnchorElement} */ (one("[data-page]", sheet));
    const visit = record.type === "visit" ? record.id : record.form["visit"];
    page.hidden = !record.ever_2xx || !visit;
    page.href = `/visits/${visit}`;
    const left = record.type === "visit" && record.ever_2xx;
    for (const button of all("[data-says]", sheet)) button.hidden = !left || (button.dataset["says"] === "photo_withdrawn" && photos.length === 0);
    one("[data-send-one]", sheet).hidden = place === "draft" || place === "sent";
    one("[data-export-one]", sheet).hidden = place === "draft" || !photos;
    one("[data-drop]", sheet).hidden = !mine || open_elsewhere;
    one("[data-drop-photos]", sheet).hidden = mine || stuck(photos).length === 0;
  }

  /** @param {string[]} ids */
  async function keepAsFile(ids) {
    const { exportRecords, saveAsFile } = await import("./rescue.js");
    try {
      const name = await saveAsFile(await exportRecords(ctx, ids));
      if (name) toast(say("exported", { name }));
    } catch {
      toast(say("export-failed"));
    }
  }

  async function sendNow() {
    const button = one("[data-send]");
    button.setAttribute("aria-busy", "true");
    const result = await flush("manual").catch(() => null);
    button.removeAttribute("aria-busy");
    await show();
    if (result?.locked) toast(say("send-elsewhere"));
    else if (!result || result.offline) toast(say("send-offline"));
    else if (!result.signIn && !result.otherUser) toast(say(result.sent > 0 ? "send-done" : "send-nothing", { n: result.sent }));
  }

  afterRun((result) => {
    one("[data-sign-in]").hidden = !result.signIn;
    one("[data-other-user]").hidden = !result.otherUser;
    void show();
  });
  on(document, "click", "[data-record] .cell-link", async (button) => {
    const id = /** @type {HTMLElement} */ (button.closest("[data-record]")).dataset["record"];
    shown = (await outbox(ctx, user?.id ?? "")).find(({ record }) => record.id === id) ?? null;
    if (!shown) return;
    fillSheet(shown);
    sheet.showModal();
  });
  one("[data-send]").addEventListener("click", () => void sendNow());
  one("[data-send-one]", sheet).addEventListener("click", () => (sheet.close(), void sendNow()));
  one("[data-export-one]", sheet).addEventListener("click", () => shown && void keepAsFile([shown.record.id]));
  one("[data-export-all]").addEventListener("click", async () => {
    const rows = await outbox(ctx, user?.id ?? "");
    void keepAsFile(rows.filter(({ place }) => place !== "draft" && place !== "sent").map(({ record }) => record.id));
  });
  on(sheet, "click", "[data-close]", () => sheet.close());
  on(sheet, "click", "[data-says]", async (button) => {
    const row = shown;
    sheet.close();
    const { openSaying } = await import("./supplement_sheet.js");
    if (row) await openSaying(ctx, row, button.dataset["says"] ?? "addition");
  });
  on(dialog("[data-say-sheet]"), "click", "[data-close]", () => dialog("[data-say-sheet]").close());
  one("[data-drop]", sheet).addEventListener("click", () => {
    fill(ask, { "drop-what": say("drop-what", { name: shown?.record.title || say("untitled"), n: shown?.photos.length ?? 0 }) });
    ask.showModal();
  });
  one("[data-drop-photos]", sheet).addEventListener("click", () => {
    fill(ask, { "drop-what": say("drop-photos-what", { n: stuck(shown?.photos ?? []).length }) });
    ask.dataset["photos"] = "";
    ask.showModal();
  });
  ask.addEventListener("close", async () => {
    const onlyPhotos = "photos" in ask.dataset;
    delete ask.dataset["photos"];
    if (ask.returnValue !== "drop" || !shown) return;
    ask.returnValue = "";
    const { record, photos } = shown;
    sheet.close();
    try {
      if (onlyPhotos) for (const photo of stuck(photos)) await dropPhoto(ctx, photo.id);
      else await dropRecord(ctx, record.id);
      toast(say("dropped"));
      if (onlyPhotos) void flush(null).catch(() => undefined); // the office hears of it now, not at the next tick
    } catch {
      toast(say("drop-failed"));
    }
    await show();
  });
  one("[data-loss-read]").addEventListener("click", async () => {
    await acknowledge(ctx);
    one("[data-loss]").hidden = true;
  });

  view(user ? "outbox" : "nobody");
  if (!user) {
    const { others } = await summary(ctx, null);
    fill(one("[data-nobody-others]"), { "nobody-others": others > 0 ? say("others", { n: others }) : "" });
  }
  /** From a visit's page that has no network: the sheet of that very record, however long ago it was sent. */
  const openNamed = async () => {
    shown = (await outbox(ctx, user?.id ?? "")).find(({ record }) => `#${record.id}` === location.hash) ?? null;
    if (!shown) return;
    fillSheet(shown);
    sheet.showModal();
  };
  let asked = 0;
  subscribe(ctx, () => {
    clearTimeout(asked);
    asked = Number(setTimeout(() => void show(), isRunning() ? 200 : 50));
  });
  await show();
  if (user && location.hash) await openNamed();
  await showNotices();
}

if (missing().length > 0) view("too-old");
else {
  begin().catch((error) => {
    view("failed");
    throw error;
  });
}
