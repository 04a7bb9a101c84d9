// Forms that a passkey fills in: the browser makes or shows one, and its answer goes with the form. Without this script,
// or where the page is no safe place for passkeys, they stay hidden, and a code is asked for.

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const api = window.PublicKeyCredential;
  if (!api?.parseRequestOptionsFromJSON || !navigator.credentials) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const told = JSON.parse(form.dataset.passkey).publicKey;
    try {
      const made = form.hasAttribute("data-new")
        ? await navigator.credentials.create({ publicKey: api.parseCreationOptionsFromJSON(told) })
        : await navigator.credentials.get({ publicKey: api.parseRequestOptionsFromJSON(told) });
      form.elements.answer.value = JSON.stringify(made.toJSON());
      form.submit();
    } catch {
      form.querySelector("[role=status]").hidden = false; // nobody touched it, or it is known here already
    }
  });
}
