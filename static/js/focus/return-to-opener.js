// A page begins: the keyboard goes to where it was before a dialog was left or a list was turned.
import { focusOpener, takeLeftDialog } from "./left-dialogs.js";
import { focusTurnedTable, takeTurn } from "./turned-pages.js";

addEventListener("DOMContentLoaded", () => {
  const left = takeLeftDialog();
  const isTurned = takeTurn();
  if (left) focusOpener(left);
  else if (isTurned) focusTurnedTable();
});
