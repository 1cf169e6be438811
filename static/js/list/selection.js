// Boxes of a list's rows select them; the bar above says how many and acts on them.
import { on } from "../page/events.js";
import { toast } from "../page/toasts.js";
import { readPageState, writePageState } from "./page-state.js";
import { drawSelection } from "./selection-bar.js";
import { MOST_EXCEPTED, Selection } from "./selection-state.js";

const BOXES = "input[type=checkbox][form=selection]";
let selection = null;
let lastBox = null;

/** Return the bar of the page's list, null without one. */
export function findBar() {
  return document.querySelector("form[data-selection]");
}

/** Return what is selected on the page's list, null where nothing can be. */
export function currentSelection() {
  return findBar() && selection;
}

/** Select or leave out the row of a box, as a click on it would. */
export function toggleBox(box) {
  setBoxes([box], !box.checked);
}

function listBoxes() {
  return [...document.querySelectorAll(BOXES)];
}

function setBoxes(boxes, isSelected) {
  const isComplete = boxes.map((box) => selection.set(box.value, isSelected)).every(Boolean);
  if (!isComplete) toast(`At most ${MOST_EXCEPTED.toLocaleString("en-US")} rows can be excepted one by one. Use a filter.`);
  draw();
}

function draw() {
  const bar = findBar();
  if (!bar) return;
  drawSelection(bar, selection, listBoxes());
  writePageState("selection", selection.count ? selection.save() : undefined);
}

/* The list came with the page, or anew: the selection goes on under the same filters, and ends under others. */
function takeUp(saved) {
  const bar = findBar();
  if (!bar) return;
  const question = bar.dataset.selection;
  if (selection?.question !== question) {
    selection = new Selection(question, saved?.question === question ? saved : {});
  }
  if (bar.classList.contains("is-changed")) {
    if (selection.isAll && bar.dataset.total) selection.total = Number(bar.dataset.total);
    drawSelection(bar, selection, listBoxes(), { keepsWords: true });
  } else {
    draw();
  }
}

on("change", BOXES, (box) => {
  setBoxes([box], box.checked);
  lastBox = box;
});

// With Shift, all rows between the last box and this one.
on("click", BOXES, (box, event) => {
  const boxes = listBoxes();
  const from = boxes.indexOf(lastBox);
  const to = boxes.indexOf(box);
  if (event.shiftKey && from >= 0) setBoxes(boxes.slice(Math.min(from, to), Math.max(from, to) + 1), box.checked);
});

on("change", "[data-select-page]", (head) => {
  if (selection.isAll) {
    selection.clear();
    draw();
  } else {
    setBoxes(listBoxes(), head.checked);
  }
});

on("click", "[data-select-all]", async (button) => {
  const bar = findBar();
  const total = bar.dataset.total ? Number(bar.dataset.total) : await countAll(bar, button);
  if (total === null) return;
  selection.selectAll(total);
  draw();
  bar.querySelector("[data-clear-selection]")?.focus();
});

async function countAll(bar, button) {
  button.setAttribute("aria-busy", "true");
  button.textContent = "Counting…";
  try {
    const answer = await fetch(bar.dataset.countAddress, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    const { count } = await answer.json();
    bar.dataset.total = count;
    return count;
  } catch {
    toast("Counting did not work. Try again.");
    draw();
    return null;
  }
}

on("click", "[data-clear-selection]", () => {
  selection.clear();
  draw();
  document.querySelector("[data-select-page]")?.focus();
});

// The number changed: the bar itself is the answer.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status !== 409 || detail.target.id !== "selection") return;
  detail.shouldSwap = true;
  detail.isError = false;
});

document.addEventListener("htmx:afterSettle", () => takeUp());
addEventListener("DOMContentLoaded", () => takeUp(readPageState("selection")));
