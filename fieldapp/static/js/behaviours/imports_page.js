/** `/imports`: the file goes up with a bar, and each record shows as it is taken in. Without this it is a plain form. */
import { one } from "./dom.js";
import { sendFile } from "../outbox/file_form.js";

const form = /** @type {HTMLFormElement} */ (one("[data-import]"));
const job = one("[data-import-job]");
const says = one("[data-import-says]");
const bar = /** @type {HTMLProgressElement} */ (one("progress", job));
const stay = one("[data-import-stay]");
const rows = one("[data-import-rows]");
const end = one("[data-import-end]");
/** @type {Record<number, string>} */
const SAID = { 401: "signedOut", 413: "tooLarge" };

/** @param {number} part */
function sent(part) {
  bar.value = part * 100;
  if (part < 1) return;
  says.textContent = says.dataset["taking"] ?? "";
  bar.removeAttribute("value"); // how long the server takes nobody knows
}

/** @param {{row?: string, end?: string}} said The server's own pieces of the page. */
function line(said) {
  if (said.row) {
    rows.hidden = false;
    rows.insertAdjacentHTML("beforeend", said.row);
  }
  if (said.end) {
    rows.remove();
    end.innerHTML = said.end;
  }
}

/** @param {number} status */
function ended(status) {
  if (end.innerHTML) {
    job.remove();
    one("[data-import-how]").remove();
    end.focus();
    return;
  }
  bar.hidden = stay.hidden = true;
  form.hidden = false;
  says.textContent = says.dataset[SAID[status] ?? "lost"] ?? "";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const file = /** @type {HTMLInputElement} */ (one("input[type=file]", form)).files?.[0];
  if (!file) return;
  form.hidden = true;
  job.hidden = false;
  bar.hidden = stay.hidden = false;
  bar.value = 0;
  rows.replaceChildren();
  says.textContent = says.dataset["sending"] ?? "";
  ended(await sendFile("/imports/live", file, { sent, line }));
});
