/**
 * Before saving: a colleague's visit to the same project within the hour may be this very one. Only a network knows; it is
 * asked while the form is filled in, so that saving hardly ever waits.
 * @import { Form, Id } from "../../outbox/types.js"
 * @typedef {{id: Id, officer: string}} Colleague
 * @typedef {{visit: () => import("./visit.js").OpenVisit, me: Id, labels: () => Record<string, string>}} Page
 */
import { dialog, fill, one } from "../dom.js";
import { nameOf, say } from "../words.js";
import { read } from "../../outbox/reference.js";
import { additionOf } from "./addition.js";
import { bring } from "./more.js";

const FRESH_FOR = 60_000;
const PATIENCE = 1_200; // of whoever saves
const TIMEOUT = 20_000; // of whoever is still writing

/** @param {Page} page */
export function setUpJoint(page) {
  /** @type {{about: string, at: number, found: Colleague[], answer: Promise<Colleague[]>}|null} */
  let asked = null;
  /** Ids that one has said no to. @type {Set<Id>} */
  const apart = new Set();

  /** Whoever was there stays there; that nobody was is asked again after a minute. @returns {Promise<Colleague[]>} */
  const ask = () => {
    const { ctx, form, occurred, recordedAt } = page.visit();
    const [about, now] = [`${form["project"]} ${occurred.at}`, ctx.clock.now()];
    if (asked?.about === about && (asked.found.length > 0 || now - asked.at < FRESH_FOR)) return asked.answer;
    const at = occurred.at ?? ctx.clock.isoLocal(recordedAt);
    const sent = ctx.send.get(`/api/v1/projects/${form["project"]}/together?${new URLSearchParams({ at })}`, { timeout: TIMEOUT });
    /** @type {NonNullable<typeof asked>} */
    const question = {
      about, at: now, found: [],
      answer: sent.then(({ status, json }) => {
        if (status === 200) question.found = json?.visits ?? [];
        else if (asked === question) asked = null;
        return question.found;
      }),
    };
    asked = question;
    return question.answer;
  };

  /** By code: an addition says in words what the visit's own field would have held. @returns {Promise<Record<string, string>>} */
  const programmes = async () => Object.fromEntries(((await read(page.visit().ctx, "programmes").catch(() => null)) ?? []).map((/** @type {any} */ each) => [each.code, nameOf(each)]));

  /** @returns {Promise<Colleague[]>} */
  const inTime = () => Promise.race([ask(), new Promise((done) => setTimeout(() => done(/** @type {Colleague[]} */ ([])), PATIENCE))]);

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
    look() {
      void ask();
      void bring("together").catch(() => undefined); // whoever saves must not wait for it
    },
    /** @returns {Promise<{go: boolean, addition: {form: Form, events: Form[]}|null}>} */
    async before() {
      const colleague = (await inTime()).find(({ id }) => !apart.has(id));
      const { form, photos } = page.visit();
      const given = colleague && { visit: colleague.id, me: page.me, photos: photos.map(({ id }) => id), labels: page.labels(), programmes: await programmes() };
      const addition = given ? additionOf(form, given) : null;
      if (!colleague || !addition) return { go: true, addition: null };
      const chosen = await choose(colleague);
      if (chosen === "apart") apart.add(colleague.id);
      return { go: chosen !== "", addition: chosen === "merge" ? addition : null };
    },
  };
}
