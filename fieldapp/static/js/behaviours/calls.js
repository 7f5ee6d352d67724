/**
 * 拨打: every `<a href="tel:…" data-call data-project data-contact data-name data-follow-up-id>` of a page starts a draft
 * and lets the dialler open; whoever comes back, to this page or to the app, finds the draft open.
 */
import { missing } from "./browser.js";
import { on } from "./dom.js";
import { author, phone } from "./phone.js";
import { toast } from "./toast.js";
import { say, titleOf } from "./words.js";
import { systemClock } from "../outbox/clock.js";
import { systemRandom, uuid7 } from "../outbox/ids.js";
import { forgetCall, isFresh, noteCall, notedCall } from "../outbox/noted_call.js";

/** @typedef {import("../outbox/noted_call.js").Call} Call */

/** @type {Map<string, Promise<void>>} */
const writing = new Map();

/** @param {Call} call */
async function write(call) {
  const [{ callDraft }, ctx] = await Promise.all([import("../outbox/calls.js"), phone()]);
  const done = writing.get(call.id) ?? callDraft(ctx, call, titleOf);
  writing.set(call.id, done);
  return done;
}

/** To the call's draft. Where the store failed, the form can be begun anew all the same. @param {Call} call */
async function open(call) {
  const written = await write(call).then(() => true, () => false);
  forgetCall(localStorage);
  const anew = new URLSearchParams({ kind: "phone_follow_up", project: call.project, contact: call.contact });
  location.assign(written ? `/capture?draft=${call.id}` : `/capture?${anew}`);
}

async function back() {
  const call = notedCall(localStorage);
  if (!call || call.owner !== (await author())?.id) return;
  if (isFresh(call, Date.now())) return open(call);
  await write(call);
  forgetCall(localStorage);
}

/** @param {string} owner @param {HTMLElement} link */
async function begin(owner, link) {
  const { project = "", contact = "", name = "", followUpId = "" } = link.dataset;
  const call = { id: uuid7(systemClock, systemRandom), owner, at: systemClock.now(), project, contact, name, follow_up: followUpId };
  noteCall(localStorage, call);
  await write(call).catch(() => undefined);
  // A desk has no dialler to come back from; and a phone may show its question over this page.
  const { template } = await import("./capture/more.js");
  await template("call");
  toast(say("call-back", { name: call.name }), { label: say("call-log"), act: () => void open(call) });
}

async function start() {
  const me = await author();
  if (me) on(document, "click", "a[data-call]", (link) => void begin(me.id, link).catch(reportError));
  addEventListener("pageshow", (event) => event.persisted && void back());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void back());
  await back();
}

if (missing().length === 0) void start().catch(reportError);
