// Drawers are <dialog data-modal>: the browser traps the focus; closing one with data-back goes back to its page.
import { on } from "./events.js";

on("click", "[data-open]", (opener) => document.getElementById(opener.dataset.open)?.showModal());

on("click", "[data-close]", (closer, event) => {
  const dialog = closer.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  closeDialog(dialog);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "drawer") document.body.dataset.drawer = "htmx";
  openDialogs();
});

/** Open the dialogs that came open with the page or with a part of it. */
export function openDialogs() {
  for (const dialog of document.querySelectorAll("dialog[data-modal]")) {
    if (dialog.matches(":modal")) continue;
    dialog.close();
    dialog.showModal();
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      closeDialog(dialog);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && closeDialog(dialog));
  }
}

function closeDialog(dialog) {
  dialog.close();
  if (!dialog.dataset.back) return;
  dialog.dispatchEvent(new Event("dialog:leave", { bubbles: true }));
  if (dialog.closest("#drawer") && document.body.dataset.drawer === "htmx") {
    document.body.dataset.drawer = "";
    dialog.remove();
    history.back();
  } else {
    location.assign(dialog.dataset.back);
  }
}
