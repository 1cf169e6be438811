// The box beside the pointer that says the figures of one day in words.

const WIDTH = 190;
const AXIS_WIDTH = 54;
const number = new Intl.NumberFormat("en-GB");

/** Return an empty, hidden box. */
export function makeTip() {
  const tip = document.createElement("div");
  tip.className = "ch-tip";
  tip.hidden = true;
  return tip;
}

/** Fill the box with the figures of a day and put it beside the bar at `x`. */
export function showTip(tip, table, day, x, plotWidth) {
  const head = document.createElement("b");
  head.textContent = table.days[day] + (table.isPartial[day] ? " · partial" : "");
  const figures = [
    [table.names[1], table.total[day]],
    [table.names[2], table.part[day]],
  ];
  tip.replaceChildren(head, ...figures.slice(0, table.names.length - 1).map(makeLine));
  tip.hidden = false;
  const left = x + AXIS_WIDTH;
  tip.style.left = `${left + WIDTH > plotWidth ? left - WIDTH - 26 : left}px`;
  tip.style.top = "14px";
}

function makeLine([name, count]) {
  const line = document.createElement("span");
  const figure = document.createElement("i");
  figure.textContent = number.format(count);
  line.append(name, figure);
  return line;
}
