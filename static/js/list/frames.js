// A list that fits its frame does not scroll in it, so that its head can stay in sight while the page scrolls.

const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) fit(target.closest(".ch-frame"));
});
const bars = new ResizeObserver(([{ target }]) => {
  document.documentElement.style.setProperty("--selectbar", `${target.offsetHeight}px`);
});

function fit(frame) {
  const table = frame?.querySelector("table");
  if (table) frame.classList.toggle("is-whole", table.scrollWidth <= frame.clientWidth);
}

function watch() {
  watcher.disconnect();
  bars.disconnect();
  for (const part of document.querySelectorAll(".ch-list .ch-frame, .ch-list .ch-frame > table")) watcher.observe(part);
  const bar = document.querySelector(".ch-list .ch-selectbar");
  if (bar) bars.observe(bar);
}

document.addEventListener("htmx:afterSettle", watch);
addEventListener("DOMContentLoaded", watch);
