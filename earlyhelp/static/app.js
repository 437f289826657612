// Everything works without this file. It switches on the components of the page and nothing else.
import { initAll } from "./govuk-frontend.js";
import { initAll as initMoj } from "./moj-frontend.js";

initAll();
initMoj();

for (const select of document.querySelectorAll("select[data-choose]")) {
  window.accessibleAutocomplete?.enhanceSelectElement({
    selectElement: select,
    defaultValue: select.value ? select.selectedOptions[0].text : "",
    showAllValues: true,
    preserveNullOptions: true,
  });
}
