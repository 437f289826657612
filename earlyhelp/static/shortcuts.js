// Single keys for the queue, off until somebody switches them on: a screen reader has uses of its own for them.
const KEPT = "earlyhelp-shortcuts";
const place = document.querySelector("[data-shortcuts]");
const label = document.createElement("label");
const box = Object.assign(document.createElement("input"), { type: "checkbox", id: "shortcuts" });
box.checked = localStorage.getItem(KEPT) === "on";
label.append(box, " Use these shortcuts on this computer");
place.replaceChildren(label);
box.addEventListener("change", () => localStorage.setItem(KEPT, box.checked ? "on" : "off"));

document.addEventListener("keydown", (event) => {
  if (!box.checked || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (act(event.key)) event.preventDefault();
});

function act(key) {
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  target.focus();
  if (target.matches("a")) target.click();
  return true;
}

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const at = rows.indexOf(document.activeElement);
  rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))]?.focus();
  return true;
}
