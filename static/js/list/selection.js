// Boxes of a list's rows select them; the bar above says how many and acts on them.
import { on } from "../page/events.js";
import { toast } from "../page/toasts.js";
import { readPageState, writePageState } from "./page-state.js";
import { drawSelection } from "./selection-bar.js";
import { MOST_EXCEPTED, Selection } from "./selection-state.js";

const BOXES = "input[type=checkbox][form=selection]";
const TOO_MANY = `At most ${MOST_EXCEPTED.toLocaleString("en-US")} rows can be excepted one by one. Use a filter.`;
let selection = null;
let lastBox = null;
let address = here();
// What other filters ended, and where it was.
let ended = null;

/** Return the bar of the page's list, null without one. */
export function findBar() {
  return document.querySelector("form[data-selection]");
}

/** Return how many rows are selected. */
export function countSelected() {
  return selection?.count ?? 0;
}

/** Select the row of a box, or leave it out, as a click on it would. */
export function toggleBox(box) {
  setBoxes([box], !box.checked);
}

/** Select an excepted row again, whether it is shown or not. */
export function selectAgain(id) {
  selection.set(id, true);
  draw();
}

/** Return the ids that are excepted. */
export function listExcepted() {
  return [...selection.excepted];
}

function here() {
  return location.pathname + location.search;
}

function listBoxes() {
  return [...document.querySelectorAll(BOXES)];
}

function setBoxes(boxes, isSelected) {
  const isComplete = boxes.map((box) => selection.set(box.value, isSelected)).every(Boolean);
  if (!isComplete) toast(TOO_MANY);
  draw();
}

function draw() {
  const bar = findBar();
  if (!bar) return;
  drawSelection(bar, selection, listBoxes());
  writePageState("selection", selection.count ? selection.save() : undefined);
}

/* The list came with the page, or again: the selection goes on under the same filters, and ends under others. */
function takeUp(saved) {
  const bar = findBar();
  const isChanged = selection?.question !== bar?.dataset.selection;
  if (isChanged && selection?.count) {
    ended = { selection: selection.save(), address };
    tellCleared();
  }
  address = here();
  if (!bar) {
    selection = null;
    return;
  }
  if (isChanged) start(bar.dataset.selection, saved ?? (ended?.isUndone ? ended.selection : null));
  if (bar.classList.contains("is-changed")) drawAnswer(bar);
  else draw();
}

function start(question, saved) {
  const isSame = saved && saved.question === question;
  selection = new Selection(question, isSame ? saved : {});
  if (isSame) ended = null;
}

/* The bar is the answer to what was sent: its words and numbers stay until something else is selected. */
function drawAnswer(bar) {
  const total = Number(bar.dataset.total);
  // What is above the list asks for all rows while none is selected.
  if (!selection.isAll && bar.elements.mode.value === "all" && total) selection.selectAll(total);
  if (selection.isAll && total) selection.total = total;
  drawSelection(bar, selection, listBoxes(), { keepsWords: true });
}

function tellCleared() {
  const note = document.querySelector("[data-selection-cleared]");
  if (!note) return;
  const undo = note.querySelector("[data-selection-undo]");
  undo.setAttribute("href", ended.address);
  undo.setAttribute("hx-get", ended.address);
  window.htmx.process(undo);
  note.hidden = false;
}

on("click", "[data-selection-undo]", () => {
  ended.isUndone = true;
});

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
  findBar().querySelector("[data-clear-selection]")?.focus();
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

// The number changed: the bar itself is the answer. (Its fields are called id and action: form.id is one of them.)
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status !== 409 || !detail.target.matches("form[data-selection]")) return;
  detail.shouldSwap = true;
  detail.isError = false;
});

document.addEventListener("htmx:afterSettle", () => takeUp());
addEventListener("DOMContentLoaded", () => takeUp(readPageState("selection")));
