/** Stands in for a page that the network did not bring: what this phone carries of it, with the time it was carried. */
import { all, copy, fill, one } from "./dom.js";
import { showDrafts } from "./drafts.js";
import { phone } from "./phone.js";
import { say, sayTime } from "./words.js";
import { read } from "../outbox/reference.js";
import { currentUser, outbox } from "../outbox/state.js";

/** The key under which the reference data carries this address: `/` is today, others go by their path. */
const KEY = location.pathname === "/" ? "today" : location.pathname.replace(/\/$/, "");

async function begin() {
  const ctx = await phone();
  const user = await currentUser(ctx);
  if (!user) return;
  const [briefs, loaded] = await Promise.all([read(ctx, "briefs"), read(ctx, "loaded_at")]);
  await showUnsent(ctx, user.id);
  if (KEY === "today") one("[data-drafts]").hidden = (await showDrafts(ctx, user.id, (await read(ctx, "kinds")) ?? [])) === 0;
  const brief = Array.isArray(briefs) ? briefs.find(({ id, path }) => path === KEY || id === KEY) : briefs?.[KEY];
  const html = typeof brief === "string" ? brief : brief?.html;
  if (!html) return;
  one("[data-brief]").innerHTML = html; // our own server's fragment; the policy runs no script in it
  fill(one("[data-as-of]"), { "as-of": say("as-of", { when: sayTime(brief.at ?? loaded) }) });
  one("[data-as-of]").hidden = false;
  for (const plain of all("[data-without]")) plain.hidden = true;
}

/** @param {import("../outbox/types.js").Ctx} ctx @param {string} owner */
async function showUnsent(ctx, owner) {
  const project = /^\/projects\/([0-9a-f-]{36})/.exec(location.pathname)?.[1];
  const rows = (await outbox(ctx, owner)).filter(({ place, record }) => place !== "sent" && place !== "draft" && (!project || record.form["project"] === project));
  one("[data-unsent]").replaceChildren(
    ...rows.slice(0, 20).map(({ record, place }) => {
      const line = fill(copy("unsent"), { title: record.title || say("untitled"), sub: sayTime(record.occurred?.at ?? record.recorded_at) });
      const template = /** @type {HTMLTemplateElement} */ (document.querySelector(`template[data-state-template="${place}"]`));
      one("[data-slot=sub]", line).after(template.content.cloneNode(true));
      return line;
    }),
  );
  one("[data-unsent]").hidden = rows.length === 0;
}

for (const button of all("[data-again]")) button.addEventListener("click", () => location.reload());
addEventListener("online", () => location.reload());
begin().catch(() => undefined);
