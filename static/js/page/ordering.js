// Items of a list are put in order by buttons with data-move, or by Alt and the arrow keys.
import { on } from "./events.js";

const KEYS = { ArrowUp: "up", ArrowDown: "down" };

// Without a script the same buttons send their form.
on("click", "[data-move]", (button, event) => {
  event.preventDefault();
  moveItem(button.closest("li"), button.dataset.move, button);
});

on("keydown", "li[data-item]", (item, event) => {
  if (!event.altKey || !(event.key in KEYS)) return;
  event.preventDefault();
  moveItem(item, KEYS[event.key], event.target);
});

function moveItem(item, where, control) {
  const other = where === "up" ? item.previousElementSibling : item.nextElementSibling;
  if (!other?.matches("li[data-item]")) return;
  const [first, second] = where === "up" ? [item, other] : [other, item];
  item.parentNode.insertBefore(first, second);
  control.focus();
  tellMoved(item);
}

/** Say where an item stands now, to screen readers and to what follows the order. */
export function tellMoved(item) {
  const list = item.parentNode;
  const said = item.closest("form")?.querySelector("[data-moved]");
  const place = [...list.children].indexOf(item) + 1;
  const name = item.querySelector("label").textContent.trim();
  if (said) said.textContent = `${name}, position ${place} of ${list.children.length}`;
  list.dispatchEvent(new Event("change", { bubbles: true }));
}
