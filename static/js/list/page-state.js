// What a page keeps of itself in its place in the history: there after a reload and after back and forward. It is gone
// with the tab, and no storage of the browser holds it.

const NAME = "list";
const kept = { ...history.state?.[NAME] };

/** Return what was kept under a name, or nothing. */
export function readPageState(name) {
  return kept[name];
}

/** Keep a plain value under a name; the address stays as it is. */
export function writePageState(name, value) {
  kept[name] = value;
  flush();
}

function flush() {
  history.replaceState({ ...history.state, [NAME]: kept }, "");
}

/** Move to an address of the same page without loading it, and without a new place in the history. */
export function replaceAddress(address) {
  history.replaceState(history.state, "", address);
}

// htmx makes a state of its own with every address that it sets.
document.addEventListener("htmx:pushedIntoHistory", flush);
document.addEventListener("htmx:replacedInHistory", flush);

const isBack = () => ["back_forward", "reload"].includes(performance.getEntriesByType("navigation")[0]?.type);

addEventListener("pagehide", () => writePageState("scroll", scrollY));
document.addEventListener("htmx:beforeHistoryUpdate", () => writePageState("scroll", scrollY));
document.addEventListener("htmx:pushedIntoHistory", () => writePageState("scroll", undefined));
addEventListener("load", () => {
  if (isBack() && kept.scroll) requestAnimationFrame(() => scrollTo(0, kept.scroll));
});
