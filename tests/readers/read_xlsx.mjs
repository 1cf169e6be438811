// Print the first sheet of a workbook as JSON, as one of the readers of npm sees it.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [reader, file, folder] = process.argv.slice(2);
const require = createRequire(join(folder, "package.json"));

const readers = {
  async exceljs() {
    const book = new (require("exceljs").Workbook)();
    await book.xlsx.readFile(file);
    const rows = [];
    book.worksheets[0].eachRow({ includeEmpty: true }, (row) => rows.push(row.values.slice(1)));
    return rows;
  },
  async xlsx() {
    const { read, utils } = require("xlsx");
    const book = read(readFileSync(file), { cellDates: true, UTC: true });
    return utils.sheet_to_json(book.Sheets[book.SheetNames[0]], { header: 1, defval: null });
  },
  async "read-excel-file"() {
    const read = require("read-excel-file/node");
    const found = await (read.default ?? read)(file, { trim: false });
    return Array.isArray(found[0]) ? found : found[0].data;
  },
};

const asText = (value) => {
  if (value instanceof Date) return value.toISOString();
  return value === null || value === undefined ? null : value.richText?.map((part) => part.text).join("") ?? String(value);
};
const rows = await readers[reader]();
process.stdout.write(JSON.stringify(rows.map((row) => Array.from(row, asText))));
