/** Black on white for outdoors: a switch on the capture page, remembered by this phone. */
const KEY = "fieldapp-sunlight";

export function sunlight() {
  const set = (/** @type {boolean} */ on) => {
    document.documentElement.toggleAttribute("data-sunlight", on);
    for (const button of document.querySelectorAll("[data-sunlight-switch]")) {
      if (button instanceof HTMLInputElement) button.checked = on;
      else button.setAttribute("aria-pressed", String(on));
    }
  };
  set(localStorage.getItem(KEY) === "1");
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-sunlight-switch]") : null;
    if (!button) return;
    const on = !document.documentElement.hasAttribute("data-sunlight");
    localStorage.setItem(KEY, on ? "1" : "0");
    set(on);
  });
}
