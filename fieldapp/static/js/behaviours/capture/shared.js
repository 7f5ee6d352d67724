/**
 * Pictures and words that another app has handed over (worker/sw.js keeps them): they become photos of a new draft, one by
 * one, by the very function that takes what is picked here. Each is let go only when the draft has it, so that whatever
 * closes the app in between, what is left is offered again.
 * @import { Page } from "./page.js"
 * @typedef {import("../capture.js").TheForm} TheForm
 * @typedef {{n: number, left: number, text: string}} All
 */
import { on, one } from "../dom.js";
import { say } from "../words.js";
import { template } from "./more.js";

const HANDED = "fieldapp-handed"; // as the worker calls it
/** What is kept half, its app killed: after this time nothing more of it will come. */
const HALF_FOR = 10 * 60_000;

/**
 * What is kept whole, oldest first.
 * @param {Cache} cache
 * @param {number} now
 * @returns {Promise<{place: string, all: All, pictures: string[]}[]>}
 */
export async function waiting(cache, now) {
  /** @type {Map<string, string[]>} */
  const places = new Map();
  for (const { url } of await cache.keys()) {
    const [, , at = "", name = ""] = new URL(url).pathname.split("/");
    places.set(at, [...(places.get(at) ?? []), name]);
  }
  const found = [];
  for (const [at, names] of [...places].sort(([a], [b]) => Number(a) - Number(b))) {
    const place = `/share/${at}`;
    const all = await (await cache.match(`${place}/all`))?.json();
    const pictures = names.filter((name) => name !== "all").sort((a, b) => Number(a) - Number(b)).map((name) => `${place}/${name}`);
    if (all) found.push({ place, all, pictures });
    else if (now - Number(at) > HALF_FOR) for (const each of pictures) await cache.delete(each);
  }
  return found;
}

/**
 * @param {Cache} cache
 * @param {string} address
 * @returns {Promise<File|null>}
 */
async function fileOf(cache, address) {
  const kept = await cache.match(address);
  if (!kept) return null;
  const type = kept.headers.get("Content-Type") ?? "";
  const taken = Number(kept.headers.get("Fieldapp-Taken")) || Date.now();
  return new File([await kept.arrayBuffer()], address, { type, lastModified: taken });
}

/**
 * All of one handing over into the form; what could not be stored stays. The number of those that did.
 * @param {Cache} cache
 * @param {{place: string, all: All, pictures: string[]}} handed
 * @param {{take: (files: File[], text: string) => Promise<number>, store: () => Promise<boolean>}} form
 */
export async function takeIn(cache, { place, all, pictures }, form) {
  let taken = 0;
  for (const [i, address] of pictures.entries()) {
    const file = await fileOf(cache, address);
    if (file && (await form.take([file], i === 0 ? all.text : "")) === 1) {
      taken += 1;
      await cache.delete(address);
    }
  }
  if (pictures.length === 0) await form.take([], all.text);
  if ((await form.store()) && taken === pictures.length) await cache.delete(`${place}/all`);
  return taken;
}

/**
 * @param {Page} page
 * @param {() => Promise<TheForm>} theForm
 */
export async function offer(page, theForm) {
  const cache = await caches.open(HANDED);
  const found = await waiting(cache, page.ctx.clock.now());
  const asked = page.asked.get("shared");
  const [first, ...later] = found;
  if (!first && (await cache.keys()).length === 0) await caches.delete(HANDED);
  if (!first && asked !== "too-much" && asked !== "failed") return;
  const notice = one("[data-handed]", /** @type {any} */ (await template("shared")));
  const words = one("[data-slot]", notice);
  const pick = one('[data-view="pick"]');
  pick.prepend(notice);
  on(pick, "click", "[data-project], [data-typed], [data-undecided], [data-back-to-form]", () => notice.remove());
  const taken = first ? await takeIn(cache, first, await theForm()) : 0;
  if (!first) words.textContent = say(`handed-${asked}`);
  else if (taken < first.pictures.length) words.textContent = say("handed-failed");
  else words.textContent = say(first.all.left > 0 ? "handed-left" : taken > 0 ? "handed-taken" : "handed-text", { n: taken, left: first.all.left });
  one("a", notice).hidden = later.length === 0;
}
