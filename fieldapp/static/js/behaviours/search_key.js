/** The key `/` on a desk: into the page's own search field, else to the search of everything. */
const FIELD = '[role="search"] input[type="search"]';

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = /** @type {HTMLElement|null} */ (event.target);
  if (at?.closest?.("input, textarea, select, dialog, [contenteditable]")) return;
  event.preventDefault();
  const field = /** @type {HTMLInputElement|null} */ (document.querySelector(FIELD));
  if (field && field.offsetParent) field.focus();
  else if (document.querySelector("[data-search-all]")) location.href = "/search";
});
