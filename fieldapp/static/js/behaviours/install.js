/** The page that says how to install: a button where the browser has one, and nothing to do where it is installed. */
import { one } from "./dom.js";
import { standalone } from "./standalone.js";

const button = one("[data-install]");
/** @type {any} the browser's own question, kept until one taps */
let question = null;

function installed() {
  one("[data-installed]").hidden = false;
  one("[data-not-installed]").hidden = true;
}

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  question = event;
  button.hidden = false;
});
addEventListener("appinstalled", installed);
button.addEventListener("click", async () => {
  button.hidden = true; // each question can be asked once; the browser sends another if it may be asked again
  await question?.prompt();
});
if (standalone()) installed();
