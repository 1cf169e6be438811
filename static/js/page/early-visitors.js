// What somebody did before the page listened is made good once it does.
import { openDialogs } from "./dialogs.js";
import { prepareFileDrops } from "./file-drops.js";

addEventListener("DOMContentLoaded", () => {
  if (isAnothers()) {
    location.reload();
    return;
  }
  openDialogs();
  prepareFileDrops();
  tellEarlyChanges();
});

/* Back and forward while a page still loads change the address before htmx listens: it would show another's. */
function isAnothers() {
  const loaded = performance.getEntriesByType("navigation")[0];
  return loaded && loaded.name.split("#")[0] !== location.href.split("#")[0];
}

/* What was typed or ticked before htmx listened is a change all the same: the numbers beside it would be another's. */
function tellEarlyChanges() {
  const typed = "form[hx-trigger] input:not([type=hidden]), form[hx-trigger] textarea";
  for (const control of document.querySelectorAll(typed)) {
    if (control.value === control.defaultValue && control.checked === control.defaultChecked) continue;
    for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, { bubbles: true }));
  }
}
