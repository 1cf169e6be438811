// A button with data-copy puts that text on the clipboard; one with data-copy-from the text of the field with that id.
import { on } from "./events.js";
import { toast } from "./toasts.js";

on("click", "[data-copy]", (button) => copy(button.dataset.copy));
on("click", "[data-copy-from]", (button) => copy(document.getElementById(button.dataset.copyFrom).value));

function copy(text) {
  navigator.clipboard.writeText(text).then(
    () => toast("Copied"),
    () => toast("Copying was refused by the browser"),
  );
}
