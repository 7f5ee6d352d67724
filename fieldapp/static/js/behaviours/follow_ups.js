/**
 * 待跟进 on a page: 完成 and 改期 are kept on this phone, with and without a network, and are sent from there.
 * @import { Id, Row } from "../outbox/types.js"
 */
import { all, copy, dialog, fill, input, on, one } from "./dom.js";
import { phone } from "./phone.js";
import { flush } from "./sending.js";
import { toast } from "./toast.js";
import { chinese, say } from "./words.js";
import { daysAhead, isoDay, putOff, standing, takeBack, tickOff } from "../outbox/follow_ups.js";

const FURTHEST_DAYS = 366;

/** Tomorrow, 11月23日周一. @param {string} iso @param {Date} today */
function sayDate(iso, today) {
  const [year = 0, month = 1, day = 1] = iso.split("-").map(Number);
  const then = new Date(year, month - 1, day);
  const days = Math.round((then.getTime() - new Date(today).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0 || days === 1) return say(days ? "tomorrow" : "today");
  return then.toLocaleDateString(chinese() ? "zh-CN" : "en-GB", { month: chinese() ? "long" : "short", day: "numeric", weekday: "short" });
}

/** Each line as this phone knows it better than the page. @param {Row[]} rows @param {number} since */
export function mark(rows, since) {
  const known = standing(rows, since);
  for (const line of all("[data-follow-up]")) {
    const { logged = false, done = false, on: day = "" } = known.get(line.dataset["followUp"] ?? "") ?? {};
    line.toggleAttribute("data-done", logged || done);
    one("[data-ticked]", line).hidden = !logged;
    for (const actions of all(".cell-actions", line)) actions.hidden = logged || done;
    for (const before of all("[data-said-here]", line)) before.remove();
    const shown = logged ? null : done ? copy("follow-up-done") : day ? fill(copy("follow-up-moved"), { moved: say("put-off-to", { day: sayDate(day, new Date()) }) }) : null;
    if (!shown) continue;
    shown.dataset["saidHere"] = "";
    one(".cell-sub", line).append(shown);
  }
}

/** @param {HTMLElement} line @param {Id} owner */
function promisedIn(line, owner) {
  const visit = /\/visits\/([0-9a-f-]{36})$/.exec(line.querySelector(".cell-link")?.getAttribute("href") ?? "")?.[1];
  return { owner, followUp: line.dataset["followUp"] ?? "", visit, title: one(".cell-title", line).textContent ?? "" };
}

/**
 * `plainly`: as the page would do it without us, for a phone that cannot keep anything.
 * @param {() => Promise<{id: Id}>} say_it
 * @param {() => void} plainly
 */
async function keep(say_it, plainly) {
  try {
    const { id } = await say_it();
    const undo = { label: say("undo"), act: () => void phone().then((ctx) => takeBack(ctx, id)).catch(() => undefined) };
    toast(say("follow-up-kept"), navigator.onLine ? undefined : undo);
  } catch {
    if (navigator.onLine) return plainly();
    return toast(say("follow-up-not-kept"));
  }
  void flush(null).catch(() => undefined);
}

/** @param {Id} owner */
export function followUps(owner) {
  const box = dialog("[data-put-off]");
  const date = input("[name=put-off-date]", box);
  /** @type {HTMLAnchorElement|null} */
  let asked = null;

  on(document, "submit", "[data-follow-up] form[action$='/done']", (target, event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (/** @type {unknown} */ (target));
    const promised = promisedIn(lineOf(target), owner);
    void keep(async () => tickOff(await phone(), promised), () => form.submit());
  });
  on(document, "click", "[data-follow-up] a[href$='/day']", (link, event) => {
    event.preventDefault();
    asked = /** @type {HTMLAnchorElement} */ (link);
    const today = new Date();
    date.value = "";
    date.min = isoDay(today);
    date.max = isoDay(new Date(today.getTime() + FURTHEST_DAYS * 86_400_000));
    fill(box, { "put-off-what": promisedIn(lineOf(link), owner).title });
    one("[data-put-off-days]", box).replaceChildren(
      ...daysAhead(today).map((day) => {
        const button = fill(copy("put-off-day"), { day: sayDate(day, today) });
        /** @type {HTMLButtonElement} */ (button).value = day;
        return button;
      }),
    );
    box.showModal();
  });
  one("form", box).addEventListener("submit", (event) => {
    const day = /** @type {HTMLButtonElement|null} */ (/** @type {SubmitEvent} */ (event).submitter)?.value || date.value;
    const link = asked;
    if (!day || !link) return event.preventDefault(), date.focus();
    const promised = promisedIn(lineOf(link), owner);
    void keep(async () => putOff(await phone(), promised, day), () => location.assign(link.href));
  });
  on(box, "click", "[data-close]", () => box.close());
}

/** @param {HTMLElement} inside */
const lineOf = (inside) => /** @type {HTMLElement} */ (inside.closest("[data-follow-up]"));
