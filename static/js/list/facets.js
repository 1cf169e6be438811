// The drawer of filters: facets count themselves when they are opened and after every change; old numbers never stay.
import { on } from "../page/events.js";

const FIND_MILLISECONDS = 200;
// Facets that somebody opened or closed, kept while the list is fetched again.
const chosen = new Map();
let findTimer = 0;
let scrolled = 0;

const drawer = () => document.getElementById("facets");

/* A count that is on its way belongs to older filters. */
function stop(rows) {
  window.htmx.trigger(rows, "htmx:abort");
}

/** Ask for the counts of a facet; more of its values, if wanted. */
function recount(rows, more = "") {
  if (!rows) return; // The drawer was closed in the meantime.
  stop(rows);
  rows.dataset.more = more;
  window.htmx.trigger(rows, "recount");
}

function recountOpen({ isStaleOnly = false } = {}) {
  for (const facet of drawer()?.querySelectorAll("details.ch-pickfacet") ?? []) {
    const rows = facet.querySelector("[data-facet]");
    if (!rows) continue;
    // Suggestions do not depend on the other filters.
    if (!isStaleOnly && !("suggested" in rows.dataset)) rows.dataset.uncounted = "";
    if (facet.open && "uncounted" in rows.dataset) recount(rows);
  }
}

// A value is either included or excluded: the newer box counts. Numbers that are on their way belong to older filters.
// On its way down to the form, which sends itself when the event reaches it.
const pick = ({ target: box }) => {
  if (!box.matches?.("#facets .ch-pick input")) return;
  for (const other of box.closest(".ch-pick").querySelectorAll("input")) if (other !== box) other.checked = false;
  drawer().querySelectorAll("[data-facet]").forEach(stop);
};
document.addEventListener("change", pick, true);

const rowsOf = (field) => document.getElementById(`rows-${field.dataset.facetFind}`);

on("input", "[data-facet-find]", (field) => {
  clearTimeout(findTimer);
  findTimer = setTimeout(() => recount(rowsOf(field)), FIND_MILLISECONDS);
});

// Enter looks for the text at once; what is found has to be ticked.
on("keydown", "[data-facet-find]", (field, event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  clearTimeout(findTimer);
  recount(rowsOf(field));
});

on("click", "[data-facet-more]", (button) => {
  recount(button.closest("[data-facet]"), button.dataset.facetMore);
});

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.matches?.("#facets details.ch-pickfacet")) return;
    chosen.set(target.id, target.open);
    const rows = target.querySelector("[data-facet]");
    if (target.open && rows && "uncounted" in rows.dataset) recount(rows);
  },
  true,
);

// A facet sends the drawer's form with its request, by POST: what is in it may not stand in an address.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const { more } = detail.elt.dataset;
  if ("facet" in detail.elt.dataset && more) detail.formData.set("more", more);
});

for (const [kind, isBusy] of [["htmx:beforeRequest", true], ["htmx:afterRequest", false]]) {
  document.addEventListener(kind, ({ detail }) => {
    if (detail.elt.id === "facets" || detail.elt.matches?.("[data-facet]")) detail.elt.ariaBusy = isBusy;
  });
}

// What came is counted now, also where the answer is that nothing matches.
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if ("facet" in detail.target.dataset) delete detail.target.dataset.uncounted;
});

// A refusal replaces the whole list, with the drawer in it: no part is taken out of it to be put elsewhere.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const form = detail.requestConfig?.elt;
  if (form?.id === "facets" && detail.target.contains(form)) form.removeAttribute("hx-select-oob");
});

// Closing gives the keyboard back to what opened the drawer. Counts that arrive in between are not its answer.
let isClosing = false;
on("click", "#facets-close, #facets-foot a", () => {
  isClosing = true;
});
document.addEventListener("htmx:afterSettle", () => {
  if (!isClosing || drawer()) return;
  isClosing = false;
  document.getElementById("filters-opener")?.focus();
});

// The field of a search says whether there is anything.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  // Each part of an answer settles by itself: the results count once, and the counts of a facet count nothing.
  const { elt, target } = detail;
  if (elt.id === "results") recountOpen();
  else if (drawer() && target?.id !== "results" && !("facet" in (target?.dataset ?? {}))) takeUp();
  for (const field of document.querySelectorAll("[data-facet-find]")) {
    const fault = document.getElementById(`fault-${field.dataset.facetFind}`);
    field.toggleAttribute("aria-invalid", false);
    if (fault) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", fault.id);
    } else {
      field.removeAttribute("aria-describedby");
    }
  }
});

function takeUp() {
  for (const [id, isOpen] of chosen) {
    const facet = document.getElementById(id);
    if (facet && isOpen) facet.open = true;
  }
  const body = drawer()?.querySelector(".ch-facetbox-body");
  if (body && scrolled && !body.scrollTop) body.scrollTop = scrolled;
  recountOpen({ isStaleOnly: true });
}

document.addEventListener(
  "scroll",
  ({ target }) => {
    if (target.matches?.(".ch-facetbox-body")) scrolled = target.scrollTop;
  },
  true,
);

on("keydown", "#facets", (_, event) => {
  if (event.key === "Escape" && !event.defaultPrevented) document.getElementById("facets-close").click();
});

addEventListener("DOMContentLoaded", () => recountOpen({ isStaleOnly: true }));
