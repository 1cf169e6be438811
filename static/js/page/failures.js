// What htmx could not do, and what the server wants to be said, is said in a toast.
import { toast } from "./toasts.js";

document.addEventListener("htmx:responseError", (event) => {
  const said = event.detail.xhr.getResponseHeader("X-Error");
  toast(said ? decodeURIComponent(said) : `That did not work (${event.detail.xhr.status}).`);
});

document.addEventListener("htmx:sendError", () => {
  toast("ContactHub did not answer. Nothing was changed; try again.");
});

document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.link));
