// The row that the keyboard stands on.
import { readPageState, writePageState } from "./page-state.js";

const CURRENT = "ch-row-focus";

/** Return the rows of the page's list that have a page of their own. */
export function listRows() {
  return [...document.querySelectorAll(".ch-list tr[data-row]")];
}

/** Return the row that the keyboard stands on, or stood on last; nothing before. */
export function currentRow() {
  return document.querySelector(`.ch-list tr.${CURRENT}`);
}

/** Mark a row as the one that keys act on. */
export function markRow(row) {
  if (row.classList.contains(CURRENT)) return;
  currentRow()?.classList.remove(CURRENT);
  row.classList.add(CURRENT);
  writePageState("row", row.dataset.row);
}

/** Move the keyboard to a row: to the link to its page. */
export function focusRow(row) {
  markRow(row);
  linkOf(row)?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** Return the link to a row's own page. */
export function linkOf(row) {
  return row.querySelector("th a[href]");
}

/** Return the row with an id, if it is shown. */
export function findRow(id) {
  return listRows().find((row) => row.dataset.row === id);
}

function markKept() {
  const row = findRow(readPageState("row"));
  if (row) markRow(row);
}

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.(".ch-list tr[data-row]");
  if (row) markRow(row);
});
document.addEventListener("htmx:afterSettle", markKept);
addEventListener("DOMContentLoaded", markKept);
