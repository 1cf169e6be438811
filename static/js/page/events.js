// Events of controls that may come and go: one listener on the document each.

/**
 * Call `act` with what matches `selector` at or around the place of an event, and with the event.
 * @param {string} kind for example "click"
 * @param {string} selector
 * @param {(control: Element, event: Event) => void} act
 */
export function on(kind, selector, act) {
  document.addEventListener(kind, (event) => {
    const control = event.target.closest?.(selector);
    if (control) act(control, event);
  });
}
