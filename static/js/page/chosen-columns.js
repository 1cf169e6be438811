// The head of a choice of columns says how many are chosen.
import { on } from "./events.js";

on("change", ".ch-columns", (columns) => {
  columns.querySelector("[data-chosen-count]").textContent = columns.querySelectorAll("input:checked").length;
});
