/**
 * A timeline that stays as the server has it: asked every 10 s while one looks, every 60 s after five idle minutes,
 * never while the page is hidden. `hx-trigger="every …"` would go on asking behind a locked screen.
 */
import { all, one } from "./dom.js";

const EVERY = 10_000;
const IDLE_EVERY = 60_000;
const IDLE_AFTER = 5 * 60_000;

/**
 * How long to wait before asking again; null: do not ask.
 * @param {{visible: boolean, online: boolean, idleFor: number}} now
 * @returns {number|null}
 */
export function pause({ visible, online, idleFor }) {
  if (!visible || !online) return null;
  return idleFor >= IDLE_AFTER ? IDLE_EVERY : EVERY;
}

/**
 * Make the top of `list` what `fresh` says and leave what one has scrolled on to. Lines that did not change keep their
 * element, and with it the focus.
 * @param {HTMLElement} list
 * @param {HTMLElement} fresh
 */
export function merge(list, fresh) {
  const lines = /** @type {HTMLElement[]} */ ([...fresh.children]);
  const whole = !lines.some((line) => line.hasAttribute("data-more"));
  const last = lines.map(at).filter(Boolean).sort()[0] ?? "";
  const kept = new Set(lines.map((line) => line.id).filter(Boolean));
  for (const line of all(":scope > li", list)) {
    const covered = whole || (at(line) && at(line) >= last);
    if (covered && !kept.has(line.id) && !line.hasAttribute("data-day")) line.remove();
  }
  const goesOn = !whole && all("[data-at]", list).some((line) => at(line) < last);
  insert(list, goesOn ? lines.filter((line) => !line.hasAttribute("data-more")) : lines);
  dropLooseDays(list);
}

/** @param {HTMLElement} line */
const at = (line) => line.dataset["at"] ?? "";

/** @param {HTMLElement} list @param {HTMLElement[]} lines */
function insert(list, lines) {
  let place = list.firstElementChild;
  for (const line of lines) {
    const old = line.id ? list.querySelector(`#${CSS.escape(line.id)}`) : null;
    if (old && old === place && old.isEqualNode(line)) {
      place = place.nextElementSibling;
      continue;
    }
    if (old && old === place) place = place.nextElementSibling;
    old?.remove();
    list.insertBefore(line, place);
  }
}

/** A day stands once, and only above something. @param {HTMLElement} list */
function dropLooseDays(list) {
  const seen = new Set();
  for (const day of all("[data-day]", list)) {
    const next = day.nextElementSibling;
    if (seen.has(day.dataset["day"]) || !next || next.hasAttribute("data-day")) day.remove();
    else seen.add(day.dataset["day"]);
  }
}

/** Starts it, where the page has a place for it. */
export function live() {
  const here = document.querySelector("[data-live]");
  if (!(here instanceof HTMLElement)) return;
  const list = one("[data-timeline]");
  const holder = document.createElement("div");
  holder.hidden = true;
  here.append(holder);
  let used = Date.now();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;

  async function look() {
    const asked = new URLSearchParams({ after: list.dataset["version"] ?? "" });
    if (here instanceof HTMLElement && here.dataset["kind"]) asked.set("kind", here.dataset["kind"]);
    holder.replaceChildren();
    await htmx().ajax("GET", `${/** @type {HTMLElement} */ (here).dataset["url"]}?${asked}`, { target: holder, swap: "innerHTML" });
    const fresh = holder.querySelector("[data-timeline]");
    if (!(fresh instanceof HTMLElement)) return;
    merge(list, fresh);
    list.dataset["version"] = fresh.dataset["version"];
    holder.replaceChildren();
    const empty = document.querySelector("[data-empty]");
    if (empty instanceof HTMLElement) empty.hidden = list.children.length > 0;
  }

  function next() {
    clearTimeout(timer);
    const visible = document.visibilityState === "visible";
    const wait = pause({ visible, online: navigator.onLine, idleFor: Date.now() - used });
    if (wait !== null) timer = setTimeout(() => void look().catch(() => undefined).then(next), wait);
  }

  const now = () => {
    used = Date.now();
    void look().catch(() => undefined).then(next);
  };
  for (const sign of ["pointerdown", "keydown", "scroll"]) addEventListener(sign, () => (used = Date.now()), { passive: true });
  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? now() : next()));
  addEventListener("online", now);
  next();
}

/** @returns {any} */
const htmx = () => /** @type {any} */ (window).htmx;
