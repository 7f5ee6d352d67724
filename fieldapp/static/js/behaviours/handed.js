/** What another app handed over and nobody has taken up, because the app was closed in between, is offered again. */
const hint = document.querySelector("[data-handed-hint]");

async function show() {
  if (hint instanceof HTMLElement) hint.hidden = !(await globalThis.caches?.has("fieldapp-handed"));
}

void show().catch(() => undefined); // a browser that keeps nothing has been handed nothing
