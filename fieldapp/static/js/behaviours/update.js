/**
 * The worker's life as a page sees it: a new one waits until no form is dirty anywhere and
 * nothing is being sent; then every page reloads once.
 */
import { isRunning } from "./sending.js";

const HOURLY = 3_600_000;
const ANSWERS_WITHIN = 500;
const ME = String(Math.random()); // a page hears its own question on its other channel

/** @type {() => boolean} */
let dirty = () => false;
/** @type {BroadcastChannel|null} */
let pages = null;

/** The capture page says here whether its form holds what is not stored. @param {() => boolean} asks */
export function saysDirty(asks) {
  dirty = asks;
}

function answerOthers() {
  pages = new BroadcastChannel("fieldapp-pages");
  pages.addEventListener("message", (event) => {
    if (event.data?.ask !== ME && event.data?.ask) pages?.postMessage(dirty() || isRunning() ? "busy" : "here");
  });
}

/**
 * What the other pages of this browser say within half a second.
 * @returns {Promise<{others: boolean, busy: boolean}>}
 */
async function askOthers() {
  const asked = new BroadcastChannel("fieldapp-pages");
  const heard = new Set();
  asked.addEventListener("message", (event) => heard.add(event.data));
  asked.postMessage({ ask: ME });
  await new Promise((resolve) => setTimeout(resolve, ANSWERS_WITHIN));
  asked.close();
  return { others: heard.has("here") || heard.has("busy"), busy: heard.has("busy") };
}

/**
 * @param {(apply: () => Promise<boolean>) => void} offer  shows "New version – update"; `apply` says whether it could
 */
export async function keepUpToDate(offer) {
  if (!navigator.serviceWorker) return;
  answerOthers();
  let first = !navigator.serviceWorker.controller; // the first one takes over without a change of pages
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!first && !dirty()) location.reload();
    first = false;
  });
  if (first) await loaded();
  const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
  if (!navigator.serviceWorker.controller) registration.active?.postMessage("claim");

  const apply = async () => {
    const asked = await askOthers();
    if (dirty() || isRunning() || asked.busy) return false;
    registration.waiting?.postMessage("take-over");
    return true;
  };
  const ready = () => registration.waiting && navigator.serviceWorker.controller && offer(apply);

  if (registration.waiting) await atColdStart(apply, ready);
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming?.addEventListener("statechange", () => coming.state === "installed" && ready());
  });
  let checked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || Date.now() - checked < HOURLY) return;
    checked = Date.now();
    void registration.update().catch(() => undefined);
  });
}

/** What a first worker fetches must not keep the page itself waiting on a slow network. */
function loaded() {
  if (document.readyState === "complete") return Promise.resolve();
  return new Promise((done) => addEventListener("load", done, { once: true }));
}

/**
 * The first page of the day takes the new version without asking: nothing is open yet.
 * @param {() => Promise<boolean>} apply
 * @param {() => void} ask
 */
async function atColdStart(apply, ask) {
  const first = sessionStorage.getItem("fieldapp-started") === null && !(await askOthers()).others;
  if (!first || !(await apply())) ask();
}
