// "1 excepted" opens the list of these rows, where each can be selected again.
import { on } from "../page/events.js";
import { findBar, listExcepted, selectAgain } from "./selection.js";

on("click", "[data-show-excepted]", () => {
  const { exceptedAddress } = findBar().dataset;
  const values = { except: listExcepted().join(",") };
  window.htmx.ajax("POST", exceptedAddress, { target: "#drawer", swap: "innerHTML", values });
});

on("click", "[data-reselect]", (button) => {
  const dialog = button.closest("dialog");
  selectAgain(button.dataset.reselect);
  button.closest("li").remove();
  const next = dialog.querySelector("[data-reselect]");
  if (next) next.focus();
  else dialog.close();
});

// It is drawn again each time. (Opening it as a modal closes it first: that is no end.)
document.addEventListener(
  "close",
  ({ target }) => {
    if (target.matches("[data-excepted-rows]") && !target.open) target.remove();
  },
  true,
);
