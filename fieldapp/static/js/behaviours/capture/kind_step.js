/**
 * The step "which kind of visit": a tile for each.
 * @typedef {{code: string, icon?: string, zh: string, en?: string}} Kind
 */
import { all, copy, fill, input, on, one } from "../dom.js";
import { nameOf } from "../words.js";

/** @param {Kind} kind */
function kindIcon(kind) {
  const templates = /** @type {HTMLTemplateElement[]} */ (all("template[data-kind-icon]"));
  const name = `${kind.icon ?? ""} ${kind.code}`.toLowerCase();
  const fits = templates.find((template) => name.includes(template.dataset["kindIcon"] ?? ""));
  return /** @type {HTMLTemplateElement} */ (fits).content.cloneNode(true);
}

/**
 * @param {{
 *   form: HTMLElement, kinds: () => Kind[], chosen: () => string|undefined, choose: (code: string) => void,
 *   unfold: (step: string, open: boolean) => void,
 * }} parts
 */
export function setUpKinds({ form, kinds, chosen, choose, unfold }) {
  on(form, "click", '[name="kind"]', (radio) => {
    const code = /** @type {HTMLInputElement} */ (radio).value;
    if (code !== chosen()) choose(code);
    unfold("kind", false);
    one('[data-step="kind"]').scrollIntoView({ block: "nearest" });
  });

  return {
    show() {
      one("[data-kinds]").replaceChildren(
        ...kinds().map((each) => {
          const tile = fill(copy("kind"), { name: nameOf(each) });
          tile.prepend(kindIcon(each));
          const radio = input("input", tile);
          radio.value = each.code;
          radio.checked = each.code === chosen();
          return tile;
        }),
      );
    },
  };
}
