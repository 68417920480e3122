// Passkeys: asks the server for its question, the browser for the answer, and sends that as a form.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const known = (list) => (list ?? []).map((each) => ({ ...each, id: toBytes(each.id) }));

function readable(options) {
  const ready = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) ready.user = { ...options.user, id: toBytes(options.user.id) };
  if (options.allowCredentials) ready.allowCredentials = known(options.allowCredentials);
  if (options.excludeCredentials) ready.excludeCredentials = known(options.excludeCredentials);
  return ready;
}

function written(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    const bytes = credential.response[part];
    if (bytes) response[part] = toText(bytes);
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: toText(credential.rawId), type, response });
}

async function ask(form) {
  const answer = await fetch(form.dataset.question, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (!answer.ok || !answer.headers.get("content-type").startsWith("application/json")) throw new Error("no question");
  return readable(await answer.json());
}

const TROUBLE = {
  NotAllowedError: "No passkey was used: it was cancelled, or took too long. Try again, or choose another way.",
  InvalidStateError: "This passkey is registered already.",
  SecurityError: "Passkeys do not work at this address of the portal.",
};

function offer(form) {
  const button = form.querySelector("button[type=button]");
  const trouble = form.querySelector("[data-trouble]");
  form.querySelector("[data-without]").remove();
  button.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault(); // Enter in a field presses the button
    button.click();
  });
  button.addEventListener("click", async () => {
    button.disabled = true;
    trouble.hidden = true;
    try {
      const publicKey = await ask(form);
      form.elements.answer.value = written(await navigator.credentials[form.dataset.passkey]({ publicKey }));
      form.submit();
    } catch (problem) {
      trouble.textContent = TROUBLE[problem.name] ?? "That did not work. Load the page again, or choose another way.";
      trouble.hidden = false;
      button.disabled = false;
    }
  });
}

if (window.PublicKeyCredential) document.querySelectorAll("form[data-passkey]").forEach(offer);
