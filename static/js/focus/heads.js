// Where reading begins in a part of the page.
import { FOCUSABLE, listFocusable } from "./controls.js";

/**
 * Move the keyboard to the head of a part. Of a list that was turned that is the line that says which rows these are,
 * of any other part whatever comes first of such a line and a heading; without either, the first control.
 */
export function focusHead(part, isTurned) {
  const first = (selector) => listFocusable(part, selector)[0];
  const head =
    (isTurned && first("[data-head]")) ||
    first("[data-head], h1, h2, h3") ||
    first(FOCUSABLE) ||
    document.getElementById("main");
  if (!head) return;
  if (!head.matches(FOCUSABLE)) head.tabIndex = -1;
  head.focus();
  if (isTurned) showOnceDrawn(head);
}

/* The browser may keep the place of the rows that are gone: seen only once it has drawn the new ones. */
function showOnceDrawn(head) {
  requestAnimationFrame(() => {
    if (document.activeElement === head) head.scrollIntoView({ block: "nearest" });
  });
}
