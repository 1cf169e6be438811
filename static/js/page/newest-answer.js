// Two answers for one place: only the one that was asked for last is shown, in whatever order they arrive.
//
// This is about requests that read: GET, and forms whose answer has an address of its own. What changes something is
// never stopped. Polls give way to what a person asks.

const open = new Set();

// A link or form that is used again does not wait for its own older answer.
document.addEventListener("htmx:confirm", ({ detail }) => {
  if (!isPoll(detail.elt)) stop((each) => each.elt === detail.elt);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig, target, xhr } = event.detail;
  if (event.defaultPrevented || !isRead(elt, requestConfig.verb)) return;
  const place = findPlace(target);
  if (isPoll(elt) && [...open].some((each) => each.place === place && !isPoll(each.elt))) {
    event.preventDefault();
    return;
  }
  stop((each) => place.contains(each.place));
  open.add({ elt, place, xhr });
});

// What was asked for inside a place ends with it: its answer would set the address of what is gone.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const place = findPlace(detail.target);
  if (detail.shouldSwap) stop((each) => each.xhr !== detail.xhr && each.place !== place && place.contains(each.place));
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  for (const each of open) if (each.xhr === detail.xhr) open.delete(each);
});

function isPoll(elt) {
  return elt.matches("[data-poll], [hx-trigger=load]");
}

function isRead(elt, verb) {
  const says = (name) => elt.closest(`[${name}]`)?.getAttribute(name);
  return verb === "get" || (says("hx-push-url") === "true" && says("hx-swap") !== "none");
}

/* The results of a list are swapped alone by its filters, and with everything around them by its links. */
function findPlace(target) {
  return (target.id === "results" && target.closest(".ch-list")) || target;
}

function stop(isOlder) {
  for (const each of [...open].filter(isOlder)) {
    open.delete(each);
    each.xhr.abort();
  }
}
