// The keys of a list. While somebody types, or while a dialog is open, they are letters.
import { toast } from "../page/toasts.js";
import { closeLook, findLook, openLook } from "./quick-look.js";
import { currentRow, focusRow, linkOf, listRows } from "./rows.js";
import { countSelected, findBar, toggleBox } from "./selection.js";

const TICKED = ["checkbox", "radio", "button", "submit"];
// Where a page of the list that was asked for by a key begins to be walked.
let waiting = null;

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  x: () => withRow((row) => row.querySelector("input[form=selection]") && toggleBox(boxOf(row))),
  o: () => withRow((row) => linkOf(row)?.click()),
  Enter: (event) => isFree(event) && withRow((row) => linkOf(row)?.click()),
  " ": (event) => isFree(event) && withRow(turnLook),
  e: () => act("enrich"),
  l: () => act("list"),
  f: () => press("[data-key-filters], [data-open=filters]"),
  "?": () => document.getElementById("list-keys")?.showModal() ?? true,
  // In the drawer of filters it closes that drawer alone.
  Escape: ({ target }) => !target.closest("#facets") && findLook() && (closeLook(), true),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog:modal") || !document.querySelector(".ch-list")) return;
  if (KEYS[event.key]?.(event)) event.preventDefault();
});

function isTyping(control) {
  if (control.matches("input")) return !TICKED.includes(control.type);
  return control.matches("textarea, select") || control.isContentEditable;
}

/* Enter and the space bar keep their own meaning on a control. */
function isFree({ target }) {
  return !target.closest("a, button, input, summary, label") || target.matches(".ch-list tr[data-row] th a");
}

function boxOf(row) {
  return row.querySelector("input[form=selection]");
}

function withRow(use) {
  const row = currentRow();
  if (!row) return false;
  use(row);
  return true;
}

function move(step) {
  const rows = listRows();
  if (!rows.length) return false;
  const current = currentRow();
  const row = rows[current ? rows.indexOf(current) + step : 0];
  if (row) stand(row);
  else if (press(step > 0 ? ".ch-list a[rel=next]" : ".ch-list a[rel=prev]")) waiting = step;
  return true;
}

function stand(row) {
  focusRow(row);
  if (findLook()) openLook(row);
}

function turnLook(row) {
  if (findLook()?.dataset.look === row.dataset.row) closeLook();
  else openLook(row);
}

function press(selector) {
  const control = document.querySelector(selector);
  control?.click();
  return Boolean(control);
}

/* What is selected, else the row that the keyboard stands on. */
function act(name) {
  const button = findBar()?.querySelector(`button[name=action][value=${name}]`);
  if (!button) return false;
  const row = currentRow();
  if (!countSelected() && row) toggleBox(boxOf(row));
  if (countSelected()) button.click();
  else toast("Select rows first: j and k move, x selects.");
  return true;
}

document.addEventListener("htmx:afterSettle", () => {
  if (waiting === null) return;
  const rows = listRows();
  const row = waiting > 0 ? rows[0] : rows.at(-1);
  waiting = null;
  if (row) stand(row);
});
