/**
 * Before saving: a colleague's visit to the same project within the hour may be this very one. Only a network knows; it is
 * asked while the form is filled in, so that saving hardly ever waits.
 * @import { Form, Id } from "../../outbox/types.js"
 * @typedef {{id: Id, officer: string}} Colleague
 * @typedef {{visit: () => import("./visit.js").OpenVisit, me: Id, labels: () => Record<string, string>}} Page
 */
import { dialog, fill, one } from "../dom.js";
import { say } from "../words.js";
import { additionOf } from "./addition.js";
import { bring } from "./more.js";

const FRESH_FOR = 60_000;
const PATIENCE = 1_200;

/** @param {Page} page */
export function setUpJoint(page) {
  /** @type {{about: string, at: number, answer: Promise<Colleague[]>}|null} */
  let asked = null;
  /** Ids that one has said no to. @type {Set<Id>} */
  const apart = new Set();

  /** @returns {Promise<Colleague[]>} */
  const ask = async () => {
    const { ctx, form, occurred, recordedAt } = page.visit();
    const at = occurred.at ?? ctx.clock.isoLocal(recordedAt);
    const address = `/api/v1/projects/${form["project"]}/together?${new URLSearchParams({ at })}`;
    const now = ctx.clock.now();
    if (asked?.about !== address || now - asked.at > FRESH_FOR) {
      const answer = ctx.send.get(address, { timeout: PATIENCE }).then(({ status, json }) => (status === 200 ? (json?.visits ?? []) : []));
      asked = { about: address, at: now, answer };
    }
    return asked.answer;
  };

  /** @param {Colleague} colleague @returns {Promise<string>} merge, apart, or "" where one goes on writing */
  const choose = async (colleague) => {
    await bring("together");
    const box = dialog("[data-joint]");
    fill(box, { "joint-ask": say("joint-ask", { name: colleague.officer }) });
    box.returnValue = "";
    box.showModal();
    one("[autofocus]", box).focus();
    return new Promise((done) => box.addEventListener("close", () => done(box.returnValue), { once: true }));
  };

  return {
    /** Ahead of the save. */
    look: () => void ask().catch(() => undefined),
    /** @returns {Promise<{go: boolean, addition: {form: Form, events: Form[]}|null}>} */
    async before() {
      const colleague = (await ask().catch(() => [])).find(({ id }) => !apart.has(id));
      const { form, photos } = page.visit();
      const given = colleague && { visit: colleague.id, me: page.me, photos: photos.map(({ id }) => id), labels: page.labels() };
      const addition = given ? additionOf(form, given) : null;
      if (!colleague || !addition) return { go: true, addition: null };
      const chosen = await choose(colleague);
      if (chosen === "apart") apart.add(colleague.id);
      return { go: chosen !== "", addition: chosen === "merge" ? addition : null };
    },
  };
}
