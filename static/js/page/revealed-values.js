// Personal values that were revealed hide again after five minutes, also while the tab was hidden or asleep.
import { tell } from "./telling.js";

const SHOWN_MILLISECONDS = 5 * 60 * 1000;
const ends = new WeakMap();

function watch() {
  for (const shown of document.querySelectorAll("[data-shown]")) {
    if (ends.has(shown)) continue;
    ends.set(shown, Date.now() + SHOWN_MILLISECONDS);
    setTimeout(hideWhatIsOver, SHOWN_MILLISECONDS);
  }
}

function hideWhatIsOver() {
  const over = [...document.querySelectorAll("[data-shown]")].filter((shown) => ends.get(shown) <= Date.now());
  for (const shown of over) hide(shown);
  if (over.length) tell(over.length === 1 ? "The value is hidden again." : "The values are hidden again.");
}

/* What masked it waits beside it; the keyboard stays at this place. */
function hide(shown) {
  const place = shown.parentElement;
  const hadFocus = place.contains(document.activeElement);
  const masked = place.querySelector(":scope > template[data-masked]");
  place.replaceChildren(masked.content.cloneNode(true));
  window.htmx.process(place);
  if (hadFocus) place.querySelector("button")?.focus();
}

document.addEventListener("htmx:oobAfterSwap", watch);
document.addEventListener("htmx:afterSettle", watch);
document.addEventListener("visibilitychange", hideWhatIsOver);
document.addEventListener("DOMContentLoaded", watch);
watch();
