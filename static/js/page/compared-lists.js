// The bar above the lists says which are ticked, and whether these can be compared: two or three of one kind.
import { on } from "./events.js";

const most = 3;

on("change", "[data-compare]", (form) => {
  const ticked = [...form.querySelectorAll("input[name=list]:checked")];
  const kinds = new Set(ticked.map((box) => box.dataset.kind));
  const members = ticked.reduce((sum, box) => sum + Number(box.dataset.members), 0);
  const fits = ticked.length > 1 && ticked.length <= most && kinds.size === 1;
  for (const box of form.querySelectorAll("input[name=list]")) markRow(box.closest("tr"), box.checked);
  const bar = form.querySelector(".ch-compare-bar");
  bar.classList.toggle("is-on", ticked.length > 0);
  bar.querySelector("[data-compare-words]").textContent = describe(ticked.length, kinds, members);
  const button = bar.querySelector("[data-compare-button]");
  button.classList.toggle("btn-primary", fits);
  bar.querySelector("[data-compare-label]").textContent = fits ? `Compare and combine ${ticked.length}` : "Compare and combine";
});

function markRow(row, isTicked) {
  if (isTicked) row.setAttribute("aria-selected", "true");
  else row.removeAttribute("aria-selected");
}

function describe(count, kinds, members) {
  if (kinds.size > 1) return "Lists of people and lists of companies cannot be compared.";
  if (count > most) return "Up to three lists can be compared.";
  if (count > 1) return `${count} lists of ${[...kinds][0].toLowerCase()} selected: ${members.toLocaleString("en")} members`;
  if (count === 1) return "1 list selected; tick one or two more of its kind.";
  return "Tick two or three lists of one kind to compare them.";
}
