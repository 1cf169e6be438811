// Makes static/dist from static/css and static/js: bundled, minified, and of Tabler only what our pages use.
// `make assets` runs it. Standard input is JSON: the classes that templates, scripts and Python name, the place of
// Swagger UI's stylesheet, and a hash of all sources, by which `make check` knows without node whether static/dist is
// theirs.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import { purge } from "./purge.mjs";

const STATIC = path.dirname(fileURLToPath(import.meta.url));
const DIST = path.join(STATIC, "dist");
const ENTRIES = ["css/app.css", "css/charts.css", "css/reference.css", "js/app.js", "js/charts.js", "js/reference.js"];

const inputs = JSON.parse(await readAll(process.stdin));
const classes = new Set(inputs.classes);
let used = [];

const onlyWhatIsUsed = {
  name: "only-what-is-used",
  setup(build) {
    build.onLoad({ filter: /tabler\.min\.css$/ }, async ({ path: file }) => {
      const left = purge(await readFile(file, "utf8"), classes, await readOurStyles());
      used = left.used;
      return { contents: left.css, loader: "css" };
    });
  },
};

const findFiles = {
  name: "find-files",
  setup(build) {
    build.onResolve({ filter: /^django-ninja\// }, () => ({ path: inputs.swagger }));
    // Fonts stay where they are.
    build.onResolve({ filter: /\.woff2$/ }, ({ path: file, resolveDir }) => ({
      path: path.relative(DIST, path.resolve(resolveDir, file)),
      external: true,
    }));
  },
};

await rm(DIST, { recursive: true, force: true });
await mkdir(DIST);
await esbuild.build({
  absWorkingDir: STATIC,
  entryPoints: ENTRIES,
  entryNames: "[name]",
  outdir: DIST,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "eof",
  plugins: [onlyWhatIsUsed, findFiles],
  logLevel: "warning",
});
const outputs = {};
for (const name of (await readdir(DIST)).sort()) {
  outputs[name] = createHash("sha256").update(await readFile(path.join(DIST, name))).digest("hex");
}
const manifest = { sources: inputs.sources, outputs, tabler: used };
await writeFile(path.join(DIST, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);

async function readOurStyles() {
  const names = (await readdir(path.join(STATIC, "css"), { recursive: true })).filter((name) => name.endsWith(".css"));
  const texts = await Promise.all(names.map((name) => readFile(path.join(STATIC, "css", name), "utf8")));
  return texts.join("\n");
}

async function readAll(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
