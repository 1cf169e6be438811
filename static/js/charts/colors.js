// The colors of the tokens, as a canvas needs them.

/** Return the color that a token such as "--data-1" has now. */
export function readToken(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

/** Return a pattern of thin lines: the mark of what is not complete. */
export function makeHatch(color, ground) {
  const ratio = window.devicePixelRatio || 1;
  const size = Math.round(6 * ratio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  pen.fillStyle = ground;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = color;
  pen.lineWidth = 1.8 * ratio;
  for (let line = -1; line < 2; line++) {
    pen.beginPath();
    pen.moveTo(line * size - ratio, size + ratio);
    pen.lineTo((line + 1) * size + ratio, -ratio);
    pen.stroke();
  }
  return pen.createPattern(tile, "repeat");
}
