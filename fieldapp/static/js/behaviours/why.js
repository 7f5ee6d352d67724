/** Why a record or photo needs a person, as the key of a sentence; an unknown code still gets one. */

const BY_STATUS = new Map([
  [401, "signed-out"],
  [403, "refused"],
  [404, "refused"],
  [409, "variant"],
  [410, "refused"],
  [413, "proxy-limit"],
  [422, "refused"],
]);

/**
 * @param {{code: string, status: number|null}|null} problem
 * @param {(key: string) => boolean} known
 * @returns {string}
 */
export function why(problem, known) {
  if (!problem) return "why-unknown";
  for (const code of [problem.code, BY_STATUS.get(problem.status ?? 0)]) {
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
