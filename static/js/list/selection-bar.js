// Draws what is selected: the boxes, the words of the bar and the numbers in its buttons.

const format = (count) => count.toLocaleString("en-US");

/**
 * Draw a selection.
 * @param {HTMLFormElement} bar
 * @param {import("./selection-state.js").Selection} selection
 * @param {HTMLInputElement[]} boxes the boxes of the rows that are shown
 * @param {{keepsWords?: boolean}} [options] the words and numbers that came with the bar stay
 */
export function drawSelection(bar, selection, boxes, { keepsWords = false } = {}) {
  drawBoxes(selection, boxes);
  bar.classList.toggle("is-on", selection.count > 0);
  if (keepsWords) return;
  bar.classList.remove("is-changed");
  fillFields(bar, selection, boxes);
  drawWords(bar, selection, boxes);
  for (const button of bar.querySelectorAll("[data-label]")) {
    button.querySelector("span").textContent = button.dataset.label.replace("{count}", format(selection.count));
  }
}

function drawBoxes(selection, boxes) {
  for (const box of boxes) {
    box.checked = selection.has(box.value);
    const row = box.closest("tr");
    if (box.checked) row.setAttribute("aria-selected", "true");
    else row.removeAttribute("aria-selected");
  }
  const head = document.querySelector("[data-select-page]");
  if (!head) return;
  const ticked = boxes.filter((box) => box.checked).length;
  head.checked = ticked > 0 && ticked === boxes.length;
  head.indeterminate = ticked > 0 && ticked < boxes.length;
}

/* The form sends the boxes that are shown itself; the rows of other pages stand in one field, as the excepted do. */
function fillFields(bar, selection, boxes) {
  const shown = new Set(boxes.map((box) => box.value));
  bar.elements.mode.value = selection.isAll ? "all" : "page";
  bar.elements.shown.value = selection.count;
  bar.querySelector("[data-chosen]").value = [...selection.ids].filter((id) => !shown.has(id)).join(",");
  bar.querySelector("[data-excepted]").value = [...selection.excepted].join(",");
}

function drawWords(bar, selection, boxes) {
  const words = bar.querySelector("[data-words]");
  const strong = document.createElement("b");
  strong.textContent = `${format(selection.count)} selected`;
  words.replaceChildren(strong, ...listWords(bar, selection, boxes));
}

function listWords(bar, selection, boxes) {
  const clear = makeButton("Clear", "clear-selection");
  clear.classList.add("ch-selectbar-clear");
  if (selection.isAll) {
    const number = selection.excepted.size;
    if (!number) return [": all matching", clear];
    const excepted = makeButton(`${format(number)} excepted`, "show-excepted");
    return [`: all ${format(selection.total)} matching, `, excepted, clear];
  }
  const where = boxes.length && boxes.every((box) => box.checked) && selection.count === boxes.length;
  const total = bar.dataset.total ? Number(bar.dataset.total) : null;
  if (total !== null && total <= selection.count) return [where ? " on this page" : "", clear];
  const all = total === null ? "Select all matching" : `Select all ${format(total)} matching`;
  return [where ? " on this page. " : ". ", makeButton(all, "select-all"), clear];
}

function makeButton(words, name) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "ch-btn-text";
  button.textContent = words;
  button.setAttribute(`data-${name}`, "");
  return button;
}
