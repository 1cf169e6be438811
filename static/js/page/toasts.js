// Short messages in the corner. They leave after six seconds, which do not pass while somebody reads or uses them.

const SHOWN_MILLISECONDS = 6000;

/**
 * Show a message, with a link "Open" where an address is given.
 * @param {string} text
 * @param {string} [link]
 */
export function toast(text, link) {
  const box = document.getElementById("toasts");
  if (!box || !text) return;
  const item = document.createElement("div");
  item.className = "ch-toast";
  const words = document.createElement("span");
  words.textContent = text;
  item.append(words);
  if (link) item.append(makeLink(link));
  box.append(item);
  leaveLater(item);
}

function makeLink(address) {
  const link = document.createElement("a");
  link.href = address;
  link.textContent = "Open";
  return link;
}

function leaveLater(item) {
  let left = SHOWN_MILLISECONDS;
  let started;
  let timer;
  const go = () => {
    started = Date.now();
    timer = setTimeout(() => item.remove(), left);
  };
  const rest = () => {
    clearTimeout(timer);
    left -= Date.now() - started;
  };
  for (const name of ["mouseenter", "focusin"]) item.addEventListener(name, rest);
  for (const name of ["mouseleave", "focusout"]) item.addEventListener(name, go);
  go();
}
