// Dialogs with an address of their own: the page behind is loaded when one closes or has saved; a link to its address,
// or a form that is sent there, opened it.
import { canHoldFocus, listFocusable, usablePlace } from "./controls.js";
import { focusHead } from "./heads.js";
import { leaveNote, takeNote } from "./notes.js";

const KEY = "contacthub-closed-dialog";
const SOON_MILLISECONDS = 15000;

document.addEventListener("dialog:leave", (event) => remember(event.target));
document.addEventListener("submit", (event) => {
  const dialog = event.target.closest("dialog[data-modal]");
  if (dialog && !event.defaultPrevented) remember(dialog);
});

/** Take the note of a dialog that was left a moment ago and is not the one that is open now; null without one. */
export function takeLeftDialog() {
  const left = takeNote(KEY);
  if (!left || Date.now() - left.at >= SOON_MILLISECONDS) return null;
  return left.address !== here() || usablePlace() === document ? left : null;
}

/** Move the keyboard to what opened such a dialog; where that is gone, to the head of the page that it went back to. */
export function focusOpener(left) {
  const opener = findOpener(left.address);
  if (opener) opener.focus();
  else if (location.pathname === left.back) focusHead(document.getElementById("main") || document);
}

function here() {
  return location.pathname + location.search;
}

function remember(dialog) {
  leaveNote(KEY, { address: here(), back: dialog.dataset.back || "", at: Date.now() });
}

function findOpener(address) {
  const place = usablePlace();
  const link = listFocusable(place, "a[href]").find((each) => each.getAttribute("href") === address);
  if (link) return link;
  const forms = [...place.querySelectorAll("form[action]")].filter(canHoldFocus);
  const form = forms.find((each) => each.getAttribute("action") === address);
  return form?.querySelector("select, button:not([disabled])");
}
