/**
 * Every word that JS shows was rendered by the server: `<template data-words><i data-w="saved">Saved · {time}</i>…`.
 * A second entry `saved.one` is taken where `n` is 1.
 */

/** @type {Map<string, string>|null} */
let known = null;

/** Words that come with a part of the page that is shown later. @param {ParentNode} part @returns {Map<string, string>} */
export function learn(part) {
  if (known === null) {
    known = new Map();
    if (part !== document) learn(document);
  }
  for (const template of part.querySelectorAll("template[data-words]")) {
    for (const word of /** @type {HTMLTemplateElement} */ (template).content.querySelectorAll("[data-w]")) {
      known.set(/** @type {string} */ (word.getAttribute("data-w")), word.textContent ?? "");
    }
  }
  return known;
}

const words = () => known ?? learn(document);

/** @param {string} key */
export const knows = (key) => words().has(key);

/**
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 * @returns {string}
 */
export function say(key, values = {}) {
  const text = (values["n"] === 1 ? words().get(`${key}.one`) : undefined) ?? words().get(key) ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const chinese = () => document.documentElement.lang.startsWith("zh");

/**
 * A row of the reference data in the page's language.
 * @param {{zh?: string, en?: string, name?: string, code?: string}} row
 * @returns {string}
 */
export const nameOf = (row) => (chinese() ? row.zh : row.en) || row.name || row.zh || row.code || "";

/** A project and its phase. @param {{name: string, phase?: string}} project */
export const titleOf = (project) => {
  const phase = project.phase ? (/[一-鿿]/.test(project.name) ? `（${project.phase}）` : ` (${project.phase})`) : "";
  return project.name + phase;
};

/**
 * Today, yesterday, 11月20日.
 * @param {number|string|Date} at
 * @param {number} [now]
 * @returns {string}
 */
export function sayDay(at, now = Date.now()) {
  const then = new Date(at);
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(then).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return say("today");
  if (days === 1) return say("yesterday");
  return then.toLocaleDateString(chinese() ? "zh-CN" : "en-GB", { month: chinese() ? "long" : "short", day: "numeric" });
}

/**
 * 09:41 today, 昨天 09:41, 11月20日 09:41.
 * @param {number|string|Date} at
 * @param {number} [now]
 * @returns {string}
 */
export function sayTime(at, now = Date.now()) {
  const clock = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const day = sayDay(at, now);
  return day === say("today") ? clock : `${day} ${clock}`;
}

/**
 * @param {number} metres
 * @returns {string}
 */
export function sayDistance(metres) {
  if (metres < 1000) return say("metres", { m: Math.round(metres) });
  return say("kilometres", { km: metres < 10_000 ? (metres / 1000).toFixed(1) : Math.round(metres / 1000) });
}
