// Passkeys: asks the browser for one and sends its answer as an ordinary form. Without this file none are offered.
const CANCELLED = "Nothing came from your device. Try again when you are ready.";

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  document.querySelectorAll("form[data-passkey]").forEach(offer);
}

function offer(form) {
  const trouble = form.querySelector("[data-passkey-trouble]");
  const button = form.querySelector("button");
  form.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    trouble.textContent = "";
    try {
      const credential = form.dataset.passkey === "make" ? await make(form) : await ask(form);
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch {
      trouble.textContent = CANCELLED;
      button.disabled = false;
    }
  });
}

function make(form) {
  const options = JSON.parse(form.dataset.options);
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
}

async function ask(form) {
  const answer = await fetch(form.dataset.ask);
  if (!answer.ok) throw new Error(answer.status);
  const { options } = await answer.json();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options));
  return navigator.credentials.get({ publicKey });
}
