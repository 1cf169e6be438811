// "/" outside of a field, and Ctrl or Cmd with K anywhere, lead to the search of the top bar.

document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  const isAsked = (event.key === "/" && !isTyping) || (event.key === "k" && (event.metaKey || event.ctrlKey));
  const field = isAsked && document.getElementById("find");
  if (!field) return;
  event.preventDefault();
  field.focus();
});
