// Controls, and how one is found again after its part of the page was replaced.

export const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex='0']";

/** Return what tells a control from others. */
export function describe(control) {
  const name = control.getAttribute("name");
  return {
    id: control.id,
    tag: control.tagName,
    css: control.className,
    href: control.getAttribute("href") || "",
    value: name ? `${name}=${control.value}` : "",
    label: control.getAttribute("aria-label") || control.textContent.trim().replace(/\s+/g, " "),
  };
}

/** Return whether the keyboard can stand on a control. */
export function canHoldFocus(control) {
  return (
    !control.disabled && control.getClientRects().length > 0 && getComputedStyle(control).visibility !== "hidden"
  );
}

/** Return those in a place that match a selector and can hold the focus. */
export function listFocusable(place, selector) {
  return [...place.querySelectorAll(selector)].filter(canHoldFocus);
}

/** Find the same control again: by its id, else by what only it has. One of several alike is none of them. */
export function findAgain(wanted, place) {
  const byId = wanted.id && document.getElementById(wanted.id);
  if (byId) return canHoldFocus(byId) ? byId : null;
  const alike = listFocusable(place, wanted.tag).map((control) => ({ control, words: describe(control) }));
  // A tab and a chip may lead to the same address, and are two things.
  const looksAlike = ({ words }) => words.label === wanted.label || (words.css && words.css === wanted.css);
  for (const kind of ["href", "value", "label"]) {
    const same = alike.filter((each) => wanted[kind] && each.words[kind] === wanted[kind] && looksAlike(each));
    if (same.length === 1) return same[0].control;
  }
  return null;
}

/** Return what can be used now: the open dialog, else the whole page. */
export function usablePlace() {
  return document.querySelector("dialog:modal") || document;
}

/** Return whether the keyboard is nowhere. */
export function isFocusLost() {
  return !document.activeElement || document.activeElement === document.body;
}
