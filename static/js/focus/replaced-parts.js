// A part of the page is replaced: the keyboard goes to the same control in the new part, else to the part's head.
import { describe, findAgain, isFocusLost, usablePlace } from "./controls.js";
import { focusHead } from "./heads.js";
import { openerOf } from "./openers.js";

let pending = null;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const sender = detail.requestConfig?.elt;
  const cause = detail.requestConfig?.triggeringEvent;
  const used = findUsed(sender, cause);
  if (!used) return;
  const dialog = used.closest("dialog");
  pending = {
    control: (dialog && openerOf(dialog)) || describe(used),
    part: detail.target.id,
    isInside: detail.target.contains(used),
    turnsPage: Boolean(sender && cause && sender.closest(".ch-pager, .ch-sort")),
  };
});

/* Some browsers give a link or a button that is clicked no focus. */
function findUsed(sender, cause) {
  if (!isFocusLost()) return document.activeElement;
  return cause?.type === "click" ? sender : null;
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (!pending) return;
  const was = pending;
  pending = null;
  const found = document.getElementById(was.part) || event.target;
  const part = found.isConnected ? found : document;
  if (was.turnsPage) {
    focusHead(part, true);
    return;
  }
  if (!isFocusLost()) return;
  const same = findAgain(was.control, was.isInside ? part : usablePlace());
  if (same) same.focus({ preventScroll: true });
  else focusHead(part);
});
