// On a phone "my own device" is preset: a session that ends in the field would strand the queue until one is back.
const form = document.querySelector("[data-sign-in]");
const own = form?.querySelector("input[name=own_device]");
if (own instanceof HTMLInputElement && window.matchMedia("(max-width: 959.98px)").matches) own.checked = true;
