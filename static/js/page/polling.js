// Times of a visit while the tab is hidden are nobody's: polling rests until it is shown again.

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.hasAttribute("data-poll")) event.preventDefault();
});
