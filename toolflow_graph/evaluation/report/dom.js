// Elements are only ever built from text: what a model wrote is never read as markup.

const byId = (id) => document.getElementById(id);

/** An element. `options`: `text`, `class`, `data` (an object), `on` (listeners), anything else is an attribute. */
function el(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "text") node.textContent = value;
    else if (key === "class") node.className = value;
    else if (key === "data") Object.assign(node.dataset, value);
    else if (key === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const count = (number, noun, plural = `${noun}s`) => `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;

const shorten = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

/** JSON text on several lines. Numbers and keys stay as they are written; text that is no JSON comes back as it is. */
function prettyJson(text) {
  try {
    if (JSON.parse(text) === null) return text;
  } catch {
    return text;
  }
  let out = "";
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const token of text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs) ?? []) {
    const opens = token === "{" || token === "[";
    const closes = token === "}" || token === "]";
    const empty = closes && /[{[]$/.test(out.trimEnd());
    if (closes) depth -= 1;
    if (closes) out = empty ? out.trimEnd() + token : out + line() + token;
    else out += token;
    if (opens) depth += 1;
    if (opens || token === ",") out += line();
    if (token === ":") out += " ";
  }
  return out;
}

/** Marks ranges of text under a name (`::highlight(name)`), where the browser can. */
function highlight(name, ranges) {
  if (!("highlights" in CSS)) return;
  if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
  else CSS.highlights.delete(name);
}

/** Ranges of `words` (lower case) in the texts below a node. */
function findRanges(node, words) {
  const ranges = [];
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const lower = text.data.toLowerCase();
    // A few letters become longer in lower case; their places would be off.
    if (lower.length !== text.data.length) continue;
    for (const word of words) {
      for (let at = lower.indexOf(word); word && at >= 0 && ranges.length < 500; at = lower.indexOf(word, at + word.length)) {
        const range = new Range();
        range.setStart(text, at);
        range.setEnd(text, at + word.length);
        ranges.push(range);
      }
    }
  }
  return ranges;
}
