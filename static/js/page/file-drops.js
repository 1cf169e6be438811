// A chosen file's name stands in its drop area; files can be dropped there.

document.addEventListener("htmx:afterSwap", prepareFileDrops);

/** Prepare the drop areas that came with the page or with a part of it. */
export function prepareFileDrops() {
  for (const input of document.querySelectorAll(".ch-drop input[type=file]")) {
    if (input.dataset.ready) continue;
    input.dataset.ready = "1";
    prepare(input, input.closest(".ch-drop"));
  }
}

function prepare(input, area) {
  const name = area.querySelector("[data-file-name]");
  const showName = () => {
    if (name && input.files.length) name.textContent = input.files[0].name;
  };
  input.addEventListener("change", () => {
    showName();
    // Where a file is all that the form takes, choosing one sends it.
    if ("sendWhenChosen" in input.dataset && input.files.length) input.form.requestSubmit(findButton(input.form));
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    area.addEventListener(kind, (event) => {
      event.preventDefault();
      area.classList.toggle("is-over", kind === "dragover");
      if (kind !== "drop" || !event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}

function findButton(form) {
  return form.querySelector("button:not([type=button])");
}
