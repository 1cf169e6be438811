// A note below a field was replaced: the field itself stays, with the cursor in it, and is marked as the note says.

document.addEventListener("htmx:afterSettle", () => {
  for (const note of document.querySelectorAll("[data-note]")) {
    const field = document.getElementById(note.dataset.note);
    if (!field) continue;
    field.setAttribute("aria-describedby", note.id);
    if (note.hasAttribute("data-invalid")) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
});
