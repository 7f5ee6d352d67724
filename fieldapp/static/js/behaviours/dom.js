/** The few lines that every behaviour needs to find, copy and fill what the server rendered. */

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement}
 */
export function one(selector, root = document) {
  const found = root.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`missing in this page: ${selector}`);
  return found;
}

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement[]}
 */
export function all(selector, root = document) {
  return /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);
}

/**
 * A copy of what `<template data-copy="name">` holds.
 * @param {string} name
 * @returns {HTMLElement}
 */
export function copy(name) {
  const template = document.querySelector(`template[data-copy="${name}"]`);
  if (!(template instanceof HTMLTemplateElement)) throw new Error(`no template ${name}`);
  return /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
}

/**
 * Texts into the `[data-slot]`s of a copy; an empty one hides its element.
 * @template {HTMLElement} E
 * @param {E} root
 * @param {Record<string, string|number|null|undefined>} texts
 * @returns {E}
 */
export function fill(root, texts) {
  for (const [name, text] of Object.entries(texts)) {
    for (const slot of root.matches(`[data-slot="${name}"]`) ? [root] : all(`[data-slot="${name}"]`, root)) {
      slot.textContent = text == null ? "" : String(text);
      slot.hidden = text == null || text === "";
    }
  }
  return root;
}

/**
 * A listener for what matches `selector` now or later.
 * @template {HTMLElement} [E=HTMLElement]
 * @param {EventTarget} root
 * @param {string} type
 * @param {string} selector
 * @param {(target: E, event: Event) => void} act
 */
export function on(root, type, selector, act) {
  root.addEventListener(type, (event) => {
    const target = event.target instanceof Element ? event.target.closest(selector) : null;
    if (target instanceof HTMLElement) act(/** @type {E} */ (target), event);
  });
}

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLInputElement}
 */
export const input = (selector, root) => /** @type {HTMLInputElement} */ (one(selector, root));

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLDialogElement}
 */
export const dialog = (selector, root) => /** @type {HTMLDialogElement} */ (one(selector, root));
