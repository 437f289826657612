// Everything works without this file. It switches on the components of the page, makes long lists searchable, and
// nothing else.
import { initAll } from "./govuk-frontend.js";
import { initAll as initMoj } from "./moj-frontend.js";

const HOW = "When there are results, use the up and down arrows to review and enter to select.";

initAll();
initMoj();
document.querySelectorAll("select[data-choose]").forEach(makeSearchable);
document.querySelectorAll("[data-narrow]").forEach(makeNarrowable);

/** Turn a long select into a box to type in. Its hint and error are read out with the box. */
function makeSearchable(select) {
  if (!window.accessibleAutocomplete) return;
  const { id } = select;
  const described = (select.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
  const words = described.map((one) => document.getElementById(one)?.textContent.trim()).filter(Boolean);
  window.accessibleAutocomplete.enhanceSelectElement({
    selectElement: select,
    defaultValue: select.value ? select.selectedOptions[0].text : "",
    inputClasses: select.classList.contains("govuk-select--error") ? "app-autocomplete--error" : null,
    displayMenu: "overlay", // inline, the page jumps when the menu closes, and a click on the button misses
    showAllValues: true,
    tAssistiveHint: () => [...words, HOW].join(". "),
  });
  forgetWhatIsTypedOver(select, document.getElementById(id));
}

/** The component keeps an earlier choice when other words are typed over it: another person would be sent. */
function forgetWhatIsTypedOver(select, box) {
  box?.addEventListener("input", () => {
    const meant = [...select.options].find((option) => option.text === box.value);
    select.value = meant ? meant.value : "";
  });
}

/** Give a long list of checkboxes a box that hides what does not match. What is ticked always stays in sight. */
function makeNarrowable(group) {
  const items = [...group.querySelectorAll(".govuk-checkboxes__item")];
  const list = group.querySelector(".govuk-checkboxes");
  const id = `${group.dataset.narrow}-narrow`;
  const label = Object.assign(document.createElement("label"), { className: "govuk-label", htmlFor: id });
  label.textContent = "Type to narrow this list down";
  const box = Object.assign(document.createElement("input"), { id, type: "search", autocomplete: "off" });
  box.className = "govuk-input govuk-input--width-20";
  const shown = Object.assign(document.createElement("p"), { className: "govuk-hint app-narrow__shown" });
  shown.setAttribute("role", "status");
  list.before(label, box, shown);
  list.classList.add("app-narrow__list");
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) {
      const text = item.textContent.toLowerCase();
      item.hidden = !item.querySelector("input").checked && !words.every((word) => text.includes(word));
    }
    shown.textContent = `${items.filter((item) => !item.hidden).length} of ${items.length} shown`;
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}
