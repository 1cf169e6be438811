// Items of a list are put in order by buttons with data-move, or by Alt and the arrow keys.
import { on } from "./events.js";

const KEYS = { ArrowUp: "up", ArrowDown: "down" };

on("click", "[data-move]", (button, event) => {
  // A button that sends the form where there is no script.
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
  if (!other) return;
  const [first, second] = where === "up" ? [item, other] : [other, item];
  item.parentNode.insertBefore(first, second);
  control.focus();
  item.parentNode.dispatchEvent(new Event("change", { bubbles: true }));
}
