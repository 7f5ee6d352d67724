// On a phone "my own device" is preset: a session that ends in the field would strand the queue until one is back.
const form = document.querySelector("[data-sign-in]");
const own = form?.querySelector("input[name=own_device]");
const away = document.querySelector("a[data-sso]");
away?.addEventListener("click", () => {
  const address = new URL(/** @type {HTMLAnchorElement} */ (away).href);
  if (own instanceof HTMLInputElement && own.checked) address.searchParams.set("own", "y");
  /** @type {HTMLAnchorElement} */ (away).href = address.href;
});
if (own instanceof HTMLInputElement && window.matchMedia("(max-width: 959.98px)").matches) own.checked = true;
// Whoever signs in need not be who was known before (phone.js).
localStorage["fieldapp-entering"] = "1";
