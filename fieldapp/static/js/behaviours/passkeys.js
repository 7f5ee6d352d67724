// Making a passkey and using one. The form carries what to ask the browser for, and takes its answer along.

/** @param {string} text base64url @returns {Uint8Array<ArrayBuffer>} */
function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}

/** @param {ArrayBuffer | null} buffer @returns {string} */
function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer ?? new ArrayBuffer(0)));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {{id: string, type: "public-key"}[] | undefined} known */
const descriptors = (known) => (known ?? []).map((one) => ({ type: one.type, id: bytes(one.id) }));

/** @param {any} asked */
async function made(asked) {
  const publicKey = {
    ...asked,
    challenge: bytes(asked.challenge),
    user: { ...asked.user, id: bytes(asked.user.id) },
    excludeCredentials: descriptors(asked.excludeCredentials),
  };
  const key = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
  const answer = /** @type {AuthenticatorAttestationResponse} */ (key.response);
  return { key, response: { attestationObject: text(answer.attestationObject) } };
}

/** @param {any} asked */
async function used(asked) {
  const publicKey = {
    ...asked,
    challenge: bytes(asked.challenge),
    allowCredentials: descriptors(asked.allowCredentials),
  };
  const key = /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }));
  const answer = /** @type {AuthenticatorAssertionResponse} */ (key.response);
  const { authenticatorData, signature, userHandle } = answer;
  return {
    key,
    response: {
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    },
  };
}

/** @param {HTMLFormElement} form */
async function answerOf(form) {
  const asked = JSON.parse(form.dataset.asked ?? "{}");
  const { key, response } = await (form.dataset.passkey === "add" ? made(asked) : used(asked));
  const clientDataJSON = text(key.response.clientDataJSON);
  return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response: { ...response, clientDataJSON } });
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-passkey]"))) {
  const refused = /** @type {HTMLElement} */ (form.querySelector("[data-passkey-refused]"));
  const field = /** @type {HTMLInputElement} */ (form.querySelector("input[name=answer]"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    refused.hidden = true;
    answerOf(form).then(
      (answer) => {
        field.value = answer;
        form.submit();
      },
      () => (refused.hidden = false),
    );
  });
}
