// A dialog of the page itself closes: the keyboard goes back to what opened it.
import { findAgain, isFocusLost } from "./controls.js";
import { openerOf } from "./openers.js";

document.addEventListener(
  "close",
  (event) => {
    const opener = openerOf(event.target);
    if (isFocusLost() && opener) findAgain(opener, document)?.focus();
  },
  true,
);
