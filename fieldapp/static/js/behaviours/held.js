/**
 * A state is shown only after it has held for two seconds, so that a line through a tunnel does not flicker.
 * @template T
 * @param {(state: T) => void} show
 * @param {{ms?: number, later?: (act: () => void, ms: number) => any, never?: (timer: any) => void, same?: (a: T, b: T) => boolean}} [options]
 * @returns {(state: T) => void}
 */
export function held(show, options = {}) {
  const { ms = 2000, later = setTimeout, never = clearTimeout, same = (a, b) => JSON.stringify(a) === JSON.stringify(b) } = options;
  /** @type {{state: T}|null} */
  let shown = null;
  /** @type {{state: T, timer: any}|null} */
  let waiting = null;
  return (state) => {
    if (waiting && same(waiting.state, state)) return;
    if (waiting) never(waiting.timer);
    waiting = null;
    if (shown && same(shown.state, state)) return;
    waiting = {
      state,
      timer: later(() => {
        shown = { state };
        waiting = null;
        show(state);
      }, ms),
    };
  };
}

/**
 * What the strip says: the most pressing thing first; nothing when all is well.
 * @param {{online: boolean, signIn: boolean, drafts: number, saved: number, waiting: number, sending: number, needs_you: number}} seen
 * @returns {{state: string, word: string, n: number, offline: boolean}|null}
 */
export function stripState(seen) {
  const queue = seen.saved + seen.waiting + seen.sending;
  if (!seen.online) return { state: "offline", word: "offline", n: queue, offline: true };
  if (seen.signIn && queue + seen.needs_you > 0) return { state: "needs_you", word: "sign-in", n: queue + seen.needs_you, offline: false };
  if (seen.needs_you > 0) return { state: "needs_you", word: "needs-you", n: seen.needs_you, offline: false };
  if (seen.sending > 0) return { state: "sending", word: "sending", n: seen.sending, offline: false };
  if (queue > 0) return { state: "waiting", word: "waiting", n: queue, offline: false };
  return null;
}
