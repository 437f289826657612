// Keeps a contact while it is typed, and never gets in the way: without this file every button keeps it too.
const PAUSE = 2000; // since the last key
const AGAIN = 15000; // after a failure

document.querySelectorAll("form[data-draft]").forEach(watch);

function watch(form) {
  const state = document.querySelector("[data-draft-state]");
  const trouble = document.querySelector("[data-draft-trouble]");
  let waiting, sending;
  document.querySelector("[data-draft-keys]").hidden = false;

  const later = (time) => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, time);
  };

  async function keep() {
    sending?.abort();
    sending = new AbortController();
    const signal = sending.signal;
    try {
      const body = new FormData(form);
      const answer = await fetch(form.dataset.draft, { method: "POST", body, signal, redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      const { saved } = await answer.json();
      state.textContent = `Kept as unfinished at ${saved}.`;
      trouble.textContent = "";
    } catch {
      if (signal.aborted) return;
      state.textContent = trouble.textContent = "What you typed is not kept yet. Go on: we try again by ourselves.";
      later(AGAIN);
    }
  }

  form.addEventListener("input", () => later(PAUSE));
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    sending?.abort();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.ctrlKey) return;
    event.preventDefault();
    form.requestSubmit();
  });
}
