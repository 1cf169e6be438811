// A button with data-copy puts that text on the clipboard.
import { on } from "./events.js";
import { toast } from "./toasts.js";

on("click", "[data-copy]", (button) => {
  navigator.clipboard.writeText(button.dataset.copy).then(
    () => toast("Copied"),
    () => toast("Copying was refused by the browser"),
  );
});
