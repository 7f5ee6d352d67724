/** Why a record or photo needs a person, as the key of a sentence; an unknown code still gets one. */

const SAME = new Map([
  ["http-401", "signed-out"],
  ["http-403", "refused"],
  ["http-404", "refused"],
  ["http-409", "variant"],
  ["http-410", "refused"],
  ["http-413", "too-large"],
  ["http-422", "refused"],
  ["not-owner", "not-owner"],
  ["record-too-large", "too-large"],
  ["photo-too-large", "photo-too-large"],
  ["photo-differs", "photo-differs"],
  ["proxy-limit", "too-large"],
  ["network", "network"],
  ["offline", "network"],
]);

/**
 * @param {{code: string, status: number|null}|null} problem
 * @param {(key: string) => boolean} known
 * @returns {string}
 */
export function why(problem, known) {
  if (!problem) return "why-unknown";
  for (const code of [problem.code, SAME.get(problem.code), SAME.get(`http-${problem.status}`)]) {
    if (code && known(`why-${code}`)) return `why-${code}`;
  }
  return (problem.status ?? 0) >= 500 ? "why-server" : "why-unknown";
}

/**
 * Where a photo is, in the outbox's words: a photo has no "saved" of its own once its visit is sealed.
 * @param {{state: string, sealed: boolean}} photo
 * @returns {"saved"|"waiting"|"sending"|"sent"|"needs_you"}
 */
export function photoPlace(photo) {
  switch (photo.state) {
    case "stored":
    case "withdrawn":
      return "sent";
    case "unreadable":
    case "refused":
      return "needs_you";
    case "uploading":
      return "sending";
    default:
      return photo.sealed ? "waiting" : "saved";
  }
}
