// Items of a list that can be dragged to another place in it. The keyboard has ordering.js.
import { on } from "./events.js";
import { tellMoved } from "./ordering.js";

let dragged = null;

on("dragstart", "li[data-item][draggable]", (item, event) => {
  dragged = item;
  event.dataTransfer.effectAllowed = "move";
  item.classList.add("is-dragged");
});

on("dragover", "li[data-item][draggable]", (item, event) => {
  if (!dragged || item.parentNode !== dragged.parentNode) return;
  event.preventDefault();
  const { top, height } = item.getBoundingClientRect();
  item.parentNode.insertBefore(dragged, event.clientY < top + height / 2 ? item : item.nextElementSibling);
});

document.addEventListener("drop", (event) => dragged && event.preventDefault());

document.addEventListener("dragend", () => {
  if (!dragged) return;
  dragged.classList.remove("is-dragged");
  tellMoved(dragged);
  dragged = null;
});
