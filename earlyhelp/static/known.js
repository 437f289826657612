// Asks who is already known while a child is typed. Without this file the same is asked before the contact is saved.
const PAUSE = 700; // since the last key
const BOXES = /^children-(\d+)-(given_name|family_name|date_of_birth|postcode|address|nhs_number|upn)/;

document.querySelectorAll("form[data-known]").forEach(watch);

function watch(form) {
  const waiting = {};
  const sending = {};

  form.addEventListener("input", ({ target }) => {
    const number = target.name?.match(BOXES)?.[1];
    if (!number) return;
    clearTimeout(waiting[number]);
    waiting[number] = setTimeout(() => ask(number), PAUSE);
  });
  form.addEventListener("submit", () => Object.values(waiting).forEach(clearTimeout));

  async function ask(number) {
    sending[number]?.abort();
    sending[number] = new AbortController();
    const body = new FormData();
    for (const [name, value] of new FormData(form)) {
      if (name === "csrf_token" || name.startsWith(`children-${number}-`) || name === `known-${number}`) body.append(name, value);
    }
    body.append("child", number);
    try {
      const { signal } = sending[number];
      const answer = await fetch(form.dataset.known, { method: "POST", body, signal, redirect: "error" });
      if (answer.ok) show(number, answer.status === 204 ? "" : await answer.text());
    } catch {
      // Nothing is lost: the same question is put before the contact is saved.
    }
  }

  function show(number, found) {
    let place = form.querySelector(`[data-known-of="${number}"]`);
    if (!place) {
      place = document.createElement("div");
      place.dataset.knownOf = number;
      place.innerHTML = '<p class="govuk-visually-hidden" role="status"></p><div></div>';
      form.querySelector(`[name="children-${number}-given_name"]`).closest("fieldset").append(place);
    }
    if (place.dataset.shown === found) return; // a screen reader need not hear it again
    place.dataset.shown = found;
    place.lastChild.innerHTML = found;
    place.firstChild.textContent = found ? `Child ${Number(number) + 1} may already be known: see after the boxes of this child.` : "";
  }
}
