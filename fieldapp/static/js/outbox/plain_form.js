/** A plain form of a page, sent without leaving the page: how that went decides whether it is kept on this phone. */

const PATIENCE = 10_000;
const GATEWAYS = [502, 503, 504]; // somebody on the way says that the server is away

/**
 * `done`: the page that the server leads to · `refused`: it wants something mended · `signed-out` · `nobody`: no answer.
 * @param {string} action
 * @param {FormData} data
 * @returns {Promise<{how: "done"|"refused"|"signed-out"|"nobody", url: string}>}
 */
export async function sendForm(action, data) {
  try {
    const answer = await fetch(action, { method: "POST", body: data, signal: AbortSignal.timeout(PATIENCE) });
    const to = new URL(answer.url).pathname;
    if (answer.redirected && to === "/login") return { how: "signed-out", url: answer.url };
    if (answer.redirected && answer.ok && new URL(action).pathname.startsWith(to)) return { how: "done", url: answer.url };
    return { how: GATEWAYS.includes(answer.status) ? "nobody" : "refused", url: answer.url };
  } catch {
    return { how: "nobody", url: action };
  }
}
