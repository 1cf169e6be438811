// Which control opened a dialog of the page itself.
import { describe } from "./controls.js";

const openers = new WeakMap();

document.addEventListener(
  "click",
  (event) => {
    const opener = event.target.closest?.("[data-open]");
    const dialog = opener && document.getElementById(opener.dataset.open);
    if (dialog) openers.set(dialog, describe(opener));
  },
  true,
);

/** Return the description of the control that opened a dialog, or nothing. */
export function openerOf(dialog) {
  return openers.get(dialog);
}
