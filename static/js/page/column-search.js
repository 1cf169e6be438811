// The field that finds a column by its name; without a script all of them stand there anyway.
import { on } from "./events.js";

document.addEventListener("toggle", (event) => event.target.matches?.(".ch-columns") && showSearch(event.target), true);

on("input", "[data-pick-find] input", (field) => {
  const form = field.closest("form");
  const wanted = fold(field.value);
  const rows = [...form.querySelectorAll(".ch-column-list li")];
  for (const row of rows) row.hidden = !fold(row.querySelector("label").textContent).includes(wanted);
  form.querySelector("[data-pick-none]").hidden = rows.some((row) => !row.hidden);
});

function showSearch(columns) {
  for (const part of columns.querySelectorAll("[data-pick-find], [data-pick-hint]")) part.hidden = false;
}

function fold(text) {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .trim()
    .toLowerCase();
}
