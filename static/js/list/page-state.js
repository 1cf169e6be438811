// What a page keeps of itself in its place in the history: there after a reload and after back and forward.

/** Return what was kept under a name, or nothing. */
export function readPageState(name) {
  return history.state?.[`list-${name}`];
}

/** Keep a plain value under a name; the address stays as it is. */
export function writePageState(name, value) {
  history.replaceState({ ...history.state, [`list-${name}`]: value }, "");
}
