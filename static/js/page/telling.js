// What happens without a click is said to people who do not see it.

/** Say a sentence to screen readers. */
export function tell(text) {
  let line = document.getElementById("told");
  if (!line) {
    line = document.createElement("p");
    line.id = "told";
    line.className = "visually-hidden";
    line.setAttribute("role", "status");
    document.body.append(line);
  }
  line.textContent = "";
  // Two sentences that are equal are said twice.
  requestAnimationFrame(() => {
    line.textContent = text;
  });
}
