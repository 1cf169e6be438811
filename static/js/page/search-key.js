// "/" outside of a field, and Ctrl or Cmd with K anywhere, open the search of everything; so does its field in the top bar.

const KEYS = { ArrowDown: 1, ArrowUp: -1 };
const dialog = () => document.getElementById("command");
const field = () => document.getElementById("command-q");
const list = () => document.getElementById("command-found");
const options = () => [...(list()?.querySelectorAll("[role=option]") || [])];
const chosen = () => list()?.querySelector("[role=option][aria-selected=true]");

document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable;
  const isAsked = (event.key === "/" && !isTyping) || (event.key === "k" && (event.metaKey || event.ctrlKey));
  if (!isAsked || !dialog()) return;
  event.preventDefault();
  if (!document.querySelector("dialog:modal")) open("");
});

document.addEventListener("focusin", (event) => {
  // A click or a Tab into the field of the top bar; without scripts it stays a form of its own.
  if (event.target.id !== "find" || !dialog() || dialog().open) return;
  openFrom(event.target);
});

// Somebody may have been in the field before this script listened.
if (document.activeElement?.id === "find" && dialog() && !dialog().open) openFrom(document.activeElement);

function openFrom(opener) {
  const typed = opener.value;
  opener.blur();
  open(typed);
}

function open(typed) {
  choose();
  dialog().showModal();
  field().value = typed;
  field().focus();
  htmx.trigger(field().form, "command:open");
}

document.addEventListener("click", (event) => event.target === dialog() && dialog().close());

document.addEventListener("keydown", (event) => {
  if (event.target !== field()) return;
  if (event.key in KEYS) {
    event.preventDefault();
    move(KEYS[event.key]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    follow(event);
  }
});

document.addEventListener("input", (event) => {
  // What is listed answers the text before: until the new answer is there, Enter asks the page of all results.
  if (event.target === field()) choose();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target === list()) choose(options()[0]);
});

function move(step) {
  const all = options();
  if (!all.length) return;
  const place = all.indexOf(chosen());
  choose(all[(place + step + all.length) % all.length]);
}

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) field().setAttribute("aria-activedescendant", option.id);
  else field().removeAttribute("aria-activedescendant");
}

function follow(event) {
  // Ctrl and Enter lead to the list of all that hold what is typed.
  const isForAll = event.ctrlKey || event.metaKey;
  const wanted = chosen() && isForAll ? list().querySelector("[data-list]") : chosen();
  if (wanted) location.assign(wanted.href);
  else field().form.requestSubmit();
}
