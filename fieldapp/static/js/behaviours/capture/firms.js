/** A briefing for twenty enterprises is one entry: they are chosen here, by area and by name, and stand in the visit once. */
import { all, copy, dialog, fill, input, on, one } from "../dom.js";
import { say } from "../words.js";
import { areasOf, findFirms, firmsOf, MOST_SHOWN } from "./firm_list.js";
import { bring } from "./more.js";
import { setUpNewcomers } from "./newcomers.js";

/**
 * @param {{form: () => import("../../outbox/types.js").Form, projects: () => import("../../outbox/search.js").Project[], changed: () => void}} page
 */
export async function setUpFirms(page) {
  await bring("firms");
  const newcomers = await setUpNewcomers(page);
  const fold = one("[data-firms]");
  const sheet = dialog("[data-firm-sheet]");
  const search = input("[data-firm-search]", sheet);
  one('[data-step="projects"] .step-body').append(fold);
  /** @type {import("./firm_list.js").Firm[]} */
  let firms = [];
  let area = "";

  const chosen = () => /** @type {string[]} */ (page.form()["enterprises"] ?? []);
  const found = () => findFirms(firms, search.value, area);

  /** @param {string[]} ids */
  const take = (ids) => {
    page.form()["enterprises"] = ids;
    page.changed();
    show();
    draw();
  };

  const draw = () => {
    const hits = found();
    const has = new Set(chosen());
    one("[data-firm-areas]", sheet).replaceChildren(
      ...["", ...areasOf(firms)].map((name) => {
        const chip = copy("chip");
        chip.textContent = name || say("firms-everywhere");
        chip.dataset["area"] = name;
        chip.setAttribute("aria-pressed", String(name === area));
        return chip;
      }),
    );
    one('[data-list="firms"]', sheet).replaceChildren(
      ...hits.slice(0, MOST_SHOWN).map((firm) => {
        const line = fill(copy("firm"), { firm: firm.name });
        const box = input("input", line);
        box.value = firm.id;
        box.checked = has.has(firm.id);
        return line;
      }),
    );
    const more = hits.length - MOST_SHOWN;
    const missing = hits.filter(({ id }) => !has.has(id)).length;
    fill(sheet, {
      "firms-more": more > 0 ? say("firms-more", { n: more }) : hits.length === 0 ? say("firms-none") : "",
      "firms-all": missing > 1 ? say("firms-all", { n: missing }) : "",
      "firms-count": say("firms-count", { n: has.size }),
    });
    one("[data-firms-all]", sheet).hidden = missing < 2;
  };

  const show = () => {
    const known = new Map((firms.length ? firms : (firms = firmsOf(page.projects()))).map((firm) => [firm.id, firm]));
    one("[data-firms-chosen]", fold).replaceChildren(
      // One that this phone has no name for (of a page that is not carried) stays in the visit, and shows with its name there.
      ...chosen().flatMap((id) => {
        const name = known.get(id)?.name || page.form()["typed_project"];
        if (!name) return [];
        const chip = copy("chip");
        chip.textContent = name;
        chip.dataset["firm"] = id;
        chip.setAttribute("aria-pressed", "true");
        return [chip];
      }),
    );
    newcomers.show((id) => known.has(id));
  };

  one("[data-firms-open]", fold).addEventListener("click", () => {
    firms = firmsOf(page.projects());
    [search.value, area] = ["", ""];
    draw();
    sheet.showModal();
  });
  on(fold, "click", "[data-firm]", (chip) => take(chosen().filter((id) => id !== chip.dataset["firm"])));
  search.addEventListener("input", draw);
  on(sheet, "click", "[data-area]", (chip) => {
    area = chip.dataset["area"] ?? "";
    draw();
  });
  on(sheet, "change", '[data-list="firms"] input', (box) => {
    const { value, checked } = /** @type {HTMLInputElement} */ (box);
    const rest = chosen().filter((id) => id !== value);
    page.form()["enterprises"] = checked ? [...rest, value] : rest;
    page.changed();
    show();
    fill(sheet, { "firms-count": say("firms-count", { n: chosen().length }) });
  });
  one("[data-firms-all]", sheet).addEventListener("click", () => take([...new Set([...chosen(), ...found().map(({ id }) => id)])]));
  for (const button of all("[data-close]", sheet)) button.addEventListener("click", () => sheet.close());
  sheet.addEventListener("close", () => one("[data-firms-open]", fold).focus());
  return { show };
}
