// Notes from one page to the next one in the same tab. Where storage is switched off there are none.

/** Leave a note for the next page. */
export function leaveNote(key, value) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is switched off.
  }
}

/** Take the note of the page before, once; null without one. */
export function takeNote(key) {
  try {
    const value = JSON.parse(sessionStorage.getItem(key));
    sessionStorage.removeItem(key);
    return value;
  } catch {
    return null;
  }
}
