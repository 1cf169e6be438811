// Leaves of a large stylesheet only what our pages can match.
import postcss from "postcss";
import parseSelectors from "postcss-selector-parser";

/* Attributes by which Tabler's own scripts and theme builder work; we have neither. */
const ABSENT_ATTRIBUTES = /^data-bs-(?!theme$)/;
const ALTERNATIVES = new Set([":is", ":where", ":has"]);

/**
 * @param {string} css the stylesheet
 * @param {Set<string>} classes every class that templates, scripts and Python name
 * @param {string} others stylesheets that read custom properties of this one
 * @returns {{css: string, used: string[]}} what is left, and the classes among `classes` that it knows
 */
export function purge(css, classes, others) {
  const root = postcss.parse(css);
  const used = new Set();
  root.walkRules((rule) => {
    if (rule.parent.type === "atrule" && rule.parent.name.endsWith("keyframes")) return;
    rule.selectors = rule.selectors.filter((selector) => canMatch(selector, classes, used));
    if (rule.selectors.join("") === "") rule.remove();
  });
  dropUnreadProperties(root, others);
  dropUnusedKeyframes(root, others);
  dropEmpty(root);
  return { css: root.toString(), used: [...used].sort() };
}

function canMatch(selector, classes, used) {
  const named = new Set();
  const isAlive = (part) =>
    part.every((node) => {
      if (node.type === "class") named.add(node.value);
      if (node.type === "class") return classes.has(node.value);
      if (node.type === "id") return false;
      if (node.type === "attribute") return !ABSENT_ATTRIBUTES.test(node.attribute);
      if (node.type === "pseudo" && ALTERNATIVES.has(node.value)) return node.nodes.some(isAlive);
      return true;
    });
  const alive = isAlive(parseSelectors().astSync(selector).first);
  if (alive) named.forEach((name) => classes.has(name) && used.add(name));
  return alive;
}

/* A property that is read only by one that nobody reads goes with it, so this is repeated until nothing goes. */
function dropUnreadProperties(root, others) {
  for (let dropped = 1; dropped > 0; ) {
    dropped = 0;
    const read = new Set(`${root} ${others}`.match(/(?<=var\(\s*)--[\w-]+/g));
    root.walkDecls(/^--/, (declaration) => {
      if (read.has(declaration.prop)) return;
      declaration.remove();
      dropped += 1;
    });
    dropEmpty(root);
  }
}

function dropUnusedKeyframes(root, others) {
  const named = [others];
  root.walkDecls(/animation/, (declaration) => named.push(declaration.value));
  const words = new Set(named.join(" ").match(/[\w-]+/g));
  root.walkAtRules(/keyframes$/, (rule) => !words.has(rule.params) && rule.remove());
}

function dropEmpty(root) {
  root.walk((node) => node.nodes && node.nodes.length === 0 && node.type !== "root" && node.remove());
}
