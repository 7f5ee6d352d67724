/** A plain form of a page, sent without leaving the page: how that went decides whether it is kept on this phone. */

const PATIENCE = 10_000;
const LATER = [408, 425, 429]; // as the outbox takes them: nobody has looked at it yet

/**
 * `done`: the page that the server leads to · `refused`: it wants something mended, and `html` says what ·
 * `signed-out` · `nobody`: no answer, or one of a server that is away or in trouble.
 * @param {string} action
 * @param {FormData} data
 * @returns {Promise<{how: "done"|"refused"|"signed-out"|"nobody", url: string, html: string}>}
 */
export async function sendForm(action, data) {
  try {
    const answer = await fetch(action, { method: "POST", body: data, signal: AbortSignal.timeout(PATIENCE) });
    const { url, status } = answer;
    const to = new URL(url).pathname;
    if (answer.redirected && to === "/login") return { how: "signed-out", url, html: "" };
    if (answer.redirected && answer.ok && new URL(action).pathname.startsWith(to)) return { how: "done", url, html: "" };
    if (status >= 500 || LATER.includes(status)) return { how: "nobody", url, html: "" };
    return { how: "refused", url, html: await answer.text() };
  } catch {
    return { how: "nobody", url: action, html: "" };
  }
}
