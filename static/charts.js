/* Draws every <figure class="ch-chart"> from the table inside it: the table is the source, the drawing is an extra.
   Columns: day, total, part (with contact_id). A row marked data-partial is drawn hatched. */
(function () {
  "use strict";
  var live = [];
  function token(name) {
    var probe = document.createElement("i");
    probe.style.color = "var(" + name + ")";
    document.body.appendChild(probe);
    var colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  }
  function hatch(colour, ground) {
    var d = window.devicePixelRatio || 1, size = Math.round(6 * d), tile = document.createElement("canvas");
    tile.width = tile.height = size;
    var c = tile.getContext("2d");
    c.fillStyle = ground; c.fillRect(0, 0, size, size);
    c.strokeStyle = colour; c.lineWidth = 1.8 * d;
    for (var i = -1; i < 2; i++) { c.beginPath(); c.moveTo(i * size - d, size + d); c.lineTo((i + 1) * size + d, -d); c.stroke(); }
    return c.createPattern(tile, "repeat");
  }
  var number = new Intl.NumberFormat("en-GB");
  function draw(figure) {
    var rows = Array.from(figure.querySelectorAll("tbody tr")), plot = figure.querySelector(".ch-plot");
    var names = Array.from(figure.querySelectorAll("thead th")).map(function (th) { return th.textContent.trim(); });
    var value = function (row, i) { return Number(row.children[i].textContent.replace(/[^0-9]/g, "")); };
    var xs = rows.map(function (_, i) { return i; }), total = rows.map(function (r) { return value(r, 1); }), part = rows.map(function (r) { return value(r, 2); });
    var days = rows.map(function (r) { return r.children[0].firstChild.textContent.trim(); });
    var c1 = token("--data-1"), c2 = token("--data-2"), grid = token("--grid"), ink3 = token("--ink-3"), sheet = token("--sheet");
    var fill = function (colour) { var h = hatch(colour, sheet); return rows.map(function (r) { return r.hasAttribute("data-partial") ? h : colour; }); };
    var f1 = fill(c1), f2 = fill(c2), font = "12px Geist, system-ui, sans-serif";
    var bars = function (fills) {
      return uPlot.paths.bars({ size: [0.74, 30], radius: [0.08, 0], disp: { fill: { unit: 3, values: function () { return fills; } } } });
    };
    var tip = document.createElement("div");
    tip.className = "ch-tip"; tip.hidden = true;
    plot.textContent = "";
    var chart = new uPlot({
      width: plot.clientWidth, height: plot.clientHeight, padding: [10, 14, 0, 0],
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } }, legend: { show: false },
      scales: { x: { time: false, range: [-0.6, rows.length - 0.4] }, y: { range: function (u, lo, hi) { return [0, hi * 1.08]; } } },
      axes: [
        { stroke: ink3, font: font, size: 26, gap: 6, grid: { show: false }, ticks: { show: false }, splits: function () { return xs.filter(function (i) { return rows.length <= 10 || i === rows.length - 1 || (/^Mon/.test(days[i]) && i < rows.length - (plot.clientWidth < 420 ? 6 : 3)); }); },
          values: function (u, at) { return at.map(function (i) { return days[i].replace(/^[A-Z][a-z]{2} /, ""); }); } },
        { stroke: ink3, font: font, size: 40, gap: 6, grid: { stroke: grid, width: 1 }, ticks: { show: false }, space: 46,
          values: function (u, at) { return at.map(function (v) { return v >= 1000 ? v / 1000 + "k" : v; }); } }
      ],
      series: [{}, { fill: c2, width: 0, paths: bars(f2), points: { show: false } }, { fill: c1, width: 0, paths: bars(f1), points: { show: false } }],
      hooks: { draw: [function (u) { /* a gap in the ground colour keeps the two tones apart */
        var d = window.devicePixelRatio || 1, wide = Math.min(u.bbox.width / (rows.length + 0.2) * 0.74, 30 * d) + 2;
        u.ctx.fillStyle = sheet;
        part.forEach(function (v, i) { u.ctx.fillRect(u.valToPos(i, "x", true) - wide / 2, u.valToPos(v, "y", true) - 1.5 * d, wide, 1.5 * d); });
      }], setCursor: [function (u) {
        var i = u.cursor.idx;
        if (i == null || u.cursor.left < 0) { tip.hidden = true; return; }
        tip.textContent = "";
        var head = document.createElement("b");
        head.textContent = days[i] + (rows[i].hasAttribute("data-partial") ? " · partial" : "");
        tip.appendChild(head);
        [[names[1], total[i]], [names[2], part[i]]].forEach(function (pair) {
          var line = document.createElement("span"), figure = document.createElement("i");
          line.append(pair[0], figure); figure.textContent = number.format(pair[1]); tip.appendChild(line);
        });
        tip.hidden = false;
        var left = u.valToPos(i, "x") + 54;
        tip.style.left = (left + 190 > plot.clientWidth ? left - 216 : left) + "px"; tip.style.top = "14px";
      }] }
    }, [xs, total, part], plot);
    plot.appendChild(tip);
    return chart;
  }
  function all() {
    live.forEach(function (c) { c.destroy(); });
    live = Array.from(document.querySelectorAll(".ch-chart")).map(draw);
  }
  addEventListener("DOMContentLoaded", function () {
    (document.fonts && document.fonts.ready || Promise.resolve()).then(all);
    new MutationObserver(all).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
    document.addEventListener("htmx:afterSettle", function (event) {
      if (event.target.querySelector && (event.target.matches(".ch-chart") || event.target.querySelector(".ch-chart"))) all();
    });
    var wait; addEventListener("resize", function () { clearTimeout(wait); wait = setTimeout(all, 120); });
  });
  window.chCharts = { all: all, list: function () { return live; } };
})();
