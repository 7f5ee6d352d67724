/** Once, after the first saved visits, in a tab of the browser: that the app can be put on the home screen. */
import { standalone } from "./standalone.js";

const TOLD = "fieldapp-install-told";
const hint = document.querySelector("[data-install-hint]");

if (hint instanceof HTMLElement && !standalone() && localStorage.getItem("fieldapp-saved") && !localStorage.getItem(TOLD)) {
  hint.hidden = false;
  for (const way of hint.querySelectorAll("a, button")) {
    way.addEventListener("click", () => {
      localStorage.setItem(TOLD, "1");
      hint.hidden = true;
    });
  }
}
