/**
 * What the form shows only once it is asked for. Its markup and its words are one fragment (templates/pwa/capture_more.html)
 * that the worker keeps like the page itself, so that none of it weighs on the first opening and all of it works offline.
 */
import { fragment } from "../../outbox/http.js";
import { appVersion } from "../phone.js";
import { toast } from "../toast.js";
import { learn, say } from "../words.js";

/** @type {Promise<Map<string, HTMLTemplateElement>>|null} */
let asked = null;

/** @param {string} html */
function read(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html; // our own server's fragment; the policy runs no script in it
  const found = /** @type {NodeListOf<HTMLTemplateElement>} */ (holder.content.querySelectorAll("template[data-more]"));
  return new Map([...found].map((each) => [each.dataset["more"] ?? "", each]));
}

/** All folds, asked for once; what did not come is asked for again the next time. */
export function more() {
  asked ??= fragment(`/capture/more?of=${appVersion}`).then((html) => {
    if (html === null) asked = null;
    return read(html ?? "");
  });
  return asked;
}

/**
 * A copy of `<template data-more="name">`; its words can be said from then on.
 * @param {string} name
 * @returns {Promise<DocumentFragment>}
 */
export async function template(name) {
  const found = (await more()).get(name);
  if (!found) throw new Error(`no fold ${name}`);
  const part = document.importNode(found.content, true);
  learn(part);
  return part;
}

/** @type {Map<string, Promise<void>>} */
const put = new Map();

/**
 * The same, put into the page once: for sheets and for what `copy` copies.
 * @param {string} name
 * @returns {Promise<void>}
 */
export function bring(name) {
  const coming =
    put.get(name) ??
    template(name).then(
      (part) => document.querySelector("main")?.append(part),
      (problem) => {
        put.delete(name);
        throw problem;
      },
    );
  put.set(name, coming);
  return coming;
}

/**
 * Neither the network nor the worker brought it: what is typed stays, and the next time it is asked for again.
 * @template T
 * @param {() => Promise<T>} load
 * @returns {{get: () => Promise<T>, begun: () => boolean}}
 */
export function once(load) {
  /** @type {Promise<T>|null} */
  let coming = null;
  const get = () =>
    (coming ??= load().catch((problem) => {
      coming = null;
      toast(say("no-network"));
      throw problem;
    }));
  return { get, begun: () => coming !== null };
}
