/** What every page does first, the shell's and the signed-in ones alike. */
import { missing, isWeChat } from "./browser.js";
import { copy, on } from "./dom.js";
import { appVersion, phone } from "./phone.js";
import { keepSending } from "./sending.js";
import { showStrip } from "./strip.js";
import { sunlight } from "./sunlight.js";
import { toast } from "./toast.js";
import { keepUpToDate } from "./update.js";
import { say } from "./words.js";

const FRESH_FOR = 10 * 60_000;
const SHELL_LANG = "fieldapp-shell-lang";

/** A notice from `<template data-copy>` on top of the page, once. @param {string} name @returns {HTMLElement|null} */
function notice(name) {
  const main = document.querySelector("main");
  if (!main || main.querySelector(`[data-notice="${name}"]`)) return null;
  const shown = copy(`notice-${name}`);
  shown.dataset["notice"] = name;
  main.prepend(shown);
  return shown;
}

/**
 * A shell in the other language is an update too, but one that the officer has just asked for.
 * @param {() => Promise<boolean>} apply
 */
async function languageSwitched(apply) {
  const { lang } = document.documentElement;
  const before = localStorage.getItem(SHELL_LANG);
  if (document.body.hasAttribute("data-shell") || before === null) {
    localStorage.setItem(SHELL_LANG, lang);
    return false;
  }
  if (before === lang || !(await apply())) return false;
  localStorage.setItem(SHELL_LANG, lang);
  return true;
}

/** @param {() => Promise<boolean>} apply */
async function offerUpdate(apply) {
  if (await languageSwitched(apply)) return;
  const shown = notice("update");
  if (!shown) return;
  on(shown, "click", "button", async () => {
    if (!(await apply())) toast(say("update-busy"));
  });
}

/** Whose phone this is right now. */
async function who() {
  if (!navigator.onLine) return null;
  const ctx = await phone();
  const { signedIn } = await import("../outbox/devices.js");
  const { purgeExpired } = await import("../outbox/reference.js");
  await purgeExpired(ctx);
  const me = await signedIn(ctx);
  if (me) delete localStorage["fieldapp-entering"];
  return me;
}

/** Fresh reference data for them. */
async function freshen() {
  const ctx = await phone();
  const reference = await import("../outbox/reference.js");
  const loaded = Number(await reference.read(ctx, "loaded_at")) || 0;
  if (ctx.clock.now() - loaded > FRESH_FOR) await reference.refresh(ctx);
}

/** The queue goes first: on a slow network half a megabyte of reference data would keep a visit's text waiting. */
async function sendThenFreshen() {
  const me = await who().catch(reportError);
  keepSending();
  if (me && me["write_only"] !== true) await freshen();
}

/** Sign-out takes the reference data along and leaves the queue; it must not hang on a slow disk. */
function purgeAtSignOut() {
  on(document, "submit", 'form[action$="/logout"], form[data-sign-out]', (form, event) => {
    if (form.dataset["purged"]) return;
    event.preventDefault();
    form.dataset["purged"] = "yes";
    const done = phone().then(async (ctx) => (await import("../outbox/devices.js")).signOut(ctx));
    const patience = new Promise((resolve) => setTimeout(resolve, 1500));
    void Promise.race([done.catch(() => undefined), patience]).then(() => /** @type {HTMLFormElement} */ (/** @type {unknown} */ (form)).submit());
  });
}

function reportErrors() {
  let told = 0;
  const tell = async (/** @type {unknown} */ error, /** @type {string} */ message) => {
    if (told >= 3 || !navigator.onLine) return;
    told += 1;
    const ctx = await phone();
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    const body = { message: message.slice(0, 500), stack: stack.slice(0, 4000), page: location.pathname, app_version: appVersion };
    await ctx.send.post("/api/v1/client-errors", JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
  };
  const quietly = (/** @type {unknown} */ error, /** @type {string} */ message) => void tell(error, message).catch(() => undefined);
  addEventListener("error", (event) => quietly(event.error, event.message));
  addEventListener("unhandledrejection", (event) => quietly(event.reason, String(event.reason)));
}

/** Asked again at each start: browsers that said no may change their mind once the app is used. */
async function askToKeep() {
  if (!(await navigator.storage?.persisted?.())) await navigator.storage?.persist?.();
}

function begin() {
  reportErrors();
  purgeAtSignOut();
  document.addEventListener("app:offline", () => toast(say("no-network")));
  void keepUpToDate((apply) => void offerUpdate(apply))
    .catch(() => undefined)
    .then(() => sessionStorage.setItem("fieldapp-started", "1"));
  void showStrip().catch(reportError);
  void sendThenFreshen().catch(reportError);
  if (localStorage.getItem("fieldapp-saved")) void askToKeep();
}

sunlight();
if (isWeChat(navigator.userAgent)) notice("wechat");
if (missing().length > 0) {
  if (document.body.hasAttribute("data-shell")) notice("too-old");
} else {
  begin();
}
