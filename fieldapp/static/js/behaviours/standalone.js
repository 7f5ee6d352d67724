/** Whether this is the installed app and not a tab of the browser. */

/** @param {any} [world] */
export const standalone = (world = globalThis) =>
  world.navigator?.standalone === true || ["standalone", "fullscreen", "minimal-ui"].some((mode) => world.matchMedia?.(`(display-mode: ${mode})`).matches);
