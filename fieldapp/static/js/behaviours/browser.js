/** Can this browser keep a visit safe? Features, not names; WeChat is the one name that matters. */

/**
 * What is missing for offline capture; empty = nothing. A plain-HTTP address of another host has none of these.
 * @param {any} [world]
 * @returns {string[]}
 */
export function missing(world = globalThis) {
  const needed = {
    secure: world.isSecureContext,
    indexedDB: world.indexedDB,
    hash: world.crypto?.subtle,
    dialog: world.HTMLDialogElement,
    channel: world.BroadcastChannel,
    clone: world.structuredClone,
  };
  return Object.entries(needed).filter(([, has]) => !has).map(([name]) => name);
}

/** @param {string} agent */
export const isWeChat = (agent) => /MicroMessenger/i.test(agent);

/** An iPhone's browser tab, where Safari throws storage away after 7 days without a visit; the home screen app keeps it. */
/** @param {any} [world] */
export function isAppleTab(world = globalThis) {
  const apple = /iPhone|iPad/.test(world.navigator?.userAgent ?? "");
  return apple && world.navigator?.standalone === false;
}
