// One chart: bars by day, the part in front of the total.
import uPlot from "uplot";
import { makeHatch, readToken } from "./colors.js";
import { readTable } from "./table.js";
import { makeTip, showTip } from "./tip.js";

const FONT = "12px Geist, system-ui, sans-serif";
/* A bar takes this share of its day's width, up to so many pixels. */
const BAR_SHARE = 0.74;
const BAR_MOST = 30;

/** Draw the chart of a figure into its place; returns uPlot's chart, to be destroyed before the next one. */
export function drawChart(figure) {
  const plot = figure.querySelector(".ch-plot");
  const table = readTable(figure);
  const days = table.days.map((_, day) => day);
  const sheet = readToken("--sheet");
  const tip = makeTip();
  plot.textContent = "";
  const options = {
    width: plot.clientWidth,
    height: plot.clientHeight,
    padding: [10, 14, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    legend: { show: false },
    scales: {
      x: { time: false, range: [-0.6, days.length - 0.4] },
      y: { range: (chart, low, high) => [0, high * 1.08] },
    },
    axes: makeAxes(table.days, plot.clientWidth),
    series: [
      {},
      makeSeries(readToken("--data-2"), table.isPartial, sheet),
      makeSeries(readToken("--data-1"), table.isPartial, sheet),
    ],
    hooks: {
      draw: [(chart) => drawGaps(chart, table.part, sheet)],
      setCursor: [(chart) => followCursor(chart, tip, table, plot)],
    },
  };
  const chart = new uPlot(options, [days, table.total, table.part], plot);
  plot.append(tip);
  return chart;
}

function makeSeries(color, isPartial, ground) {
  const hatch = makeHatch(color, ground);
  const fills = isPartial.map((partial) => (partial ? hatch : color));
  const bars = uPlot.paths.bars({
    size: [BAR_SHARE, BAR_MOST],
    radius: [0.08, 0],
    disp: { fill: { unit: 3, values: () => fills } },
  });
  return { fill: color, width: 0, paths: bars, points: { show: false } };
}

function makeAxes(days, plotWidth) {
  const look = { stroke: readToken("--ink-3"), font: FONT, gap: 6, ticks: { show: false } };
  return [
    {
      ...look,
      size: 26,
      grid: { show: false },
      splits: () => chooseLabels(days, plotWidth),
      values: (chart, shown) => shown.map((day) => days[day].replace(/^[A-Z][a-z]{2} /, "")),
    },
    {
      ...look,
      size: 40,
      grid: { stroke: readToken("--grid"), width: 1 },
      space: 46,
      values: (chart, shown) => shown.map((count) => (count >= 1000 ? `${count / 1000}k` : count)),
    },
  ];
}

/* Of up to ten days each is named, of more the Mondays and the last one, where there is room before it. */
function chooseLabels(days, plotWidth) {
  const last = days.length - 1;
  const room = plotWidth < 420 ? 6 : 3;
  return days
    .map((_, day) => day)
    .filter((day) => last < 10 || day === last || (/^Mon/.test(days[day]) && day <= last - room));
}

/* A gap in the ground's color keeps the two tones apart. */
function drawGaps(chart, part, ground) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.min((chart.bbox.width / (part.length + 0.2)) * BAR_SHARE, BAR_MOST * ratio) + 2;
  const height = 1.5 * ratio;
  chart.ctx.fillStyle = ground;
  part.forEach((count, day) => {
    const left = chart.valToPos(day, "x", true) - width / 2;
    chart.ctx.fillRect(left, chart.valToPos(count, "y", true) - height, width, height);
  });
}

function followCursor(chart, tip, table, plot) {
  const day = chart.cursor.idx;
  if (day == null || chart.cursor.left < 0) tip.hidden = true;
  else showTip(tip, table, day, chart.valToPos(day, "x"), plot.clientWidth);
}
