// Source cards: beside their value, below it where the window has no room; Close gives the keyboard back.
import { on } from "./events.js";

// The event does not bubble.
document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.matches?.("details.ch-from") && target.open) place(target.querySelector(".ch-source"));
  },
  true,
);

function place(card) {
  card.classList.remove("is-left");
  const { right } = card.getBoundingClientRect();
  card.classList.toggle("is-left", right > document.documentElement.clientWidth);
}

on("click", "details.ch-from [data-shut]", (button) => {
  const details = button.closest("details");
  details.open = false;
  details.querySelector("summary").focus();
});
