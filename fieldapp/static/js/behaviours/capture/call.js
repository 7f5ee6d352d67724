/**
 * The form of a call: whom to dial, and how it went, above the words about it.
 * @import { OpenVisit } from "./visit.js"
 */
import { dropRecord } from "../../outbox/dropping.js";
import { all, on, one } from "../dom.js";
import { say } from "../words.js";
import { template } from "./more.js";
import { afterCall, outcomeOf } from "./outcome.js";

/**
 * @typedef {{id: string, name: string, title?: string, phone?: string}} Contact
 * @typedef {{visit: () => OpenVisit, contacts: () => Contact[], changed: () => void, show: () => void, unfold: (step: string) => void}} Page
 * @param {Page} page
 */
export async function setUpCall(page) {
  const fold = one("[data-call-fold]", /** @type {any} */ (await template("call")));
  one('[data-step="when"]').after(fold);
  const form = () => page.visit().form;
  const words = () => {
    const name = form()["met"]?.[0]?.name ?? "";
    return { missed: say("call-missed"), later: say("call-later"), again: say(name ? "call-again" : "call-again.nobody", { name }) };
  };

  // A draft in which nothing stands: what was saved, typed or taken is not dropped by one tap.
  const nothingSaid = () => {
    const { id, record, photos } = page.visit();
    const typed = ["content", "progress", "needs", "problems", "answers"].some((name) => String(form()[name] ?? "").trim());
    return id !== null && record?.state === "draft" && !typed && photos.length === 0;
  };

  const show = (/** @type {boolean} */ asked) => {
    fold.hidden = !asked;
    one("[data-not-called]", fold).hidden = !nothingSaid();
    const outcome = outcomeOf(form(), words());
    for (const radio of /** @type {HTMLInputElement[]} */ (all('[name="call"]', fold))) radio.checked = radio.value === outcome;
    const met = new Set((form()["met"] ?? []).map((/** @type {any} */ person) => person.contact));
    const callable = page.contacts().filter(({ id, phone }) => phone && !phone.includes("*") && (met.size === 0 || met.has(id)));
    one("[data-dial]", fold).replaceChildren(
      ...callable.map((contact) => {
        const link = /** @type {HTMLAnchorElement} */ (copyIn(fold, "dial"));
        one("[data-slot]", link).textContent = say("call-dial", { name: contact.name });
        link.href = `tel:${contact.phone}`;
        link.dataset["contact"] = contact.id;
        return link;
      }),
    );
  };

  on(fold, "change", '[name="call"]', (radio) => {
    const outcome = /** @type {import("./outcome.js").Outcome} */ (/** @type {HTMLInputElement} */ (radio).value);
    const now = new Date(page.visit().ctx.clock.now());
    const today = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
    Object.assign(form(), afterCall(form(), outcome, words(), today));
    page.changed();
    page.show();
    page.unfold(outcome === "later" ? "next_step" : "content");
    /** @type {HTMLInputElement} */ (radio).checked = true;
  });
  // The dialler opens by the link itself; who is called is kept before it does.
  on(fold, "click", "[data-contact]", (link) => {
    const contact = page.contacts().find(({ id }) => id === link.dataset["contact"]);
    if (!contact || form()["met"]?.length) return;
    form()["met"] = [{ name: contact.name, title: contact.title ?? "", contact: contact.id }];
    page.changed();
    page.show();
  });
  one("[data-not-called]", fold).addEventListener("click", async () => {
    if (!nothingSaid()) return page.show();
    const visit = page.visit();
    visit.close();
    await dropRecord(visit.ctx, visit.id ?? "").catch(() => undefined);
    location.assign("/");
  });
  return { show };
}

/** @param {HTMLElement} root @param {string} name */
function copyIn(root, name) {
  const found = /** @type {HTMLTemplateElement} */ (root.querySelector(`template[data-own="${name}"]`));
  return /** @type {HTMLElement} */ (/** @type {Element} */ (found.content.firstElementChild).cloneNode(true));
}
