// An answer to an older text never replaces the field in which a newer one stands: what was typed would be lost.

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt: form, verb, formData } = detail.requestConfig;
  // Such a form asks again by itself once the newer text is complete.
  const asksItself = verb === "get" && form.matches?.("form[hx-trigger*=change]");
  if (asksItself && detail.target.contains(form) && hasNewerText(form, formData)) {
    detail.shouldSwap = false;
  }
});

function hasNewerText(form, sent) {
  const fields = form.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio]), textarea");
  return [...fields].some((field) => sent.has(field.name) && field.value !== sent.get(field.name));
}
