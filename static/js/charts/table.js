// The figures of a chart, read from its table. Columns: day, total, part (with contact_id; left out where nobody says).

/**
 * @param {HTMLElement} figure
 * @returns {{days: string[], names: string[], total: number[], part: number[], isPartial: boolean[]}} `names` are the
 * heads of the columns; a row marked data-partial is of a day that is not over.
 */
export function readTable(figure) {
  const rows = [...figure.querySelectorAll("tbody tr")];
  const names = [...figure.querySelectorAll("thead th")].map((head) => head.textContent.trim());
  const readColumn = (column) => rows.map((row) => readNumber(row.children[Math.min(column, names.length - 1)]));
  return {
    days: rows.map((row) => row.children[0].firstChild.textContent.trim()),
    names,
    total: readColumn(1),
    part: readColumn(2),
    isPartial: rows.map((row) => row.hasAttribute("data-partial")),
  };
}

function readNumber(cell) {
  return Number(cell.textContent.replace(/[^0-9]/g, ""));
}
