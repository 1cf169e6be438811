// Pages of a list that are loaded whole: the keyboard begins at the table that its pager turned.
import { on } from "../page/events.js";
import { leaveNote, takeNote } from "./notes.js";

const KEY = "contacthub-turned-page";

on("click", ".ch-pager[data-turns] a[href]:not([download])", () => leaveNote(KEY, location.pathname));

/** Return whether this page was come to by turning a list of it. */
export function takeTurn() {
  return takeNote(KEY) === location.pathname;
}

/** Move the keyboard to the table that a pager turns: the one around it, else the last one in front of it. */
export function focusTurnedTable() {
  const pager = document.querySelector(".ch-pager[data-turns]");
  if (!pager) return;
  const before = [...document.querySelectorAll(".ch-frame")].filter(
    (frame) => frame.compareDocumentPosition(pager) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  const table = pager.closest(".ch-frame") || before.at(-1);
  if (!table) return;
  table.setAttribute("aria-describedby", "page-range");
  table.focus();
}
