// A click on a row, or the space bar, shows it beside the list; the address keeps which row that is.
import { on } from "../page/events.js";
import { tell } from "../page/telling.js";
import { replaceAddress } from "./page-state.js";
import { currentRow, findRow, linkOf, listRows, markRow } from "./rows.js";

const CONTROLS = "a, button, input, label, select, textarea, summary";

/** Return what is shown beside the list, or nothing. */
export function findLook() {
  return document.querySelector("#look [data-look]");
}

/** Show a row beside the list; the keyboard stays where it is. */
export function openLook(row) {
  markRow(row);
  if (findLook()?.dataset.look === row.dataset.row) return;
  const address = new URL(location.href);
  address.searchParams.set("look", row.dataset.row);
  window.htmx.ajax("GET", address.pathname + address.search, { source: "#look", target: "#look", swap: "innerHTML" });
}

/** Close what is shown beside the list. */
export function closeLook() {
  const look = findLook();
  const hadFocus = look.contains(document.activeElement);
  replaceAddress(look.dataset.closeLook);
  look.remove();
  const row = currentRow();
  if (hadFocus && row) linkOf(row)?.focus({ preventScroll: true });
}

function describePlace() {
  const look = findLook();
  const row = look && findRow(look.dataset.look);
  if (!row) return;
  const rows = listRows();
  const range = document.querySelector("[data-first-row]").dataset;
  const place = look.querySelector("[data-look-place]");
  place.textContent = `${(Number(range.firstRow) + rows.indexOf(row)).toLocaleString("en-US")} of ${range.count}`;
  markRow(row);
}

on("click", ".ch-list tr[data-row]", (row, event) => {
  if (event.target.closest(CONTROLS) || String(getSelection())) return;
  openLook(row);
});

on("click", "[data-look-close]", (_, event) => {
  event.preventDefault();
  closeLook();
});

on("click", "[data-look-turn]", (button) => {
  const rows = listRows();
  const row = rows[rows.indexOf(findRow(findLook().dataset.look)) + Number(button.dataset.lookTurn)];
  if (!row) return;
  openLook(row);
  row.scrollIntoView({ block: "nearest" });
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  describePlace();
  const look = findLook();
  if (look && detail.target.id === "look") tell(`Quick look: ${look.querySelector("h2").textContent.trim()}`);
});
addEventListener("DOMContentLoaded", describePlace);

