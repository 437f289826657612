// Everything works without this file. It hides questions that do not apply, and saves a section while it is written.
const form = document.querySelector("form[data-autosave]");
const PAUSE = 4000; // long enough that most sentences are finished
let waiting = null;
let going = false;
let stopped = false;

if (form) {
  showWhatApplies();
  form.addEventListener("change", showWhatApplies);
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", () => {
    stopped = true;
    clearTimeout(waiting);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && waiting) save();
  });
}

/** Show a question only while the answer that it hangs on is given. What is hidden keeps its answer. */
function showWhatApplies() {
  for (const part of form.querySelectorAll("[data-asked-when]")) {
    const given = new FormData(form).getAll(part.dataset.askedWhen);
    part.hidden = !part.dataset.askedIs.split(",").some((value) => given.includes(value));
    part.querySelector(".app-asked")?.setAttribute("hidden", "");
  }
}

/** Send what is written. The page keeps its place, and says in words whether it is safe. */
async function save() {
  waiting = null;
  if (stopped) return;
  if (going) {
    waiting = setTimeout(save, PAUSE);
    return;
  }
  going = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Autosave": "yes" },
      redirect: "manual",
    });
    tell(await outcome(answer));
  } catch {
    tell("Not saved: there is no connection. What you write stays on this page.");
  }
  going = false;
}

async function outcome(answer) {
  if (answer.status === 401) {
    return "Not saved: you are signed out. Press Save: your work is kept while you sign in again.";
  }
  if (!answer.headers.get("Content-Type")?.includes("json")) return "Not saved. Press Save to see why.";
  const body = await answer.json();
  if (!answer.ok) {
    stopped = answer.status === 409;
    return body.words;
  }
  form.elements.version.value = body.version;
  const time = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return `Saved at ${time}`;
}

function tell(words) {
  if (!stopped || words) document.querySelector("[data-autosaved]").textContent = words;
}
