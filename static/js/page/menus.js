// Menus are <details>: one is open at a time; Escape and a click elsewhere close it.

document.addEventListener("click", (event) => {
  const clicked = event.target.closest?.("details.ch-menu");
  for (const menu of document.querySelectorAll("details.ch-menu[open]")) {
    if (menu !== clicked && !menu.contains(clicked)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  // What is open inside a drawer closes alone: the drawer, with what was typed in it, stays.
  const open = document.querySelector("dialog:modal details.ch-columns[open], details.ch-menu[open]");
  if (!open) return;
  event.preventDefault();
  open.open = false;
  open.querySelector("summary").focus();
});
