// Islands: base64 of zlib, opened when something in them is asked for.

async function openIsland(node) {
  const packed = atob(node.textContent);
  const bytes = new Uint8Array(packed.length);
  for (let place = 0; place < packed.length; place += 1) bytes[place] = packed.charCodeAt(place);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

/** JSON lines in islands; the ones looked at last stay open. */
class Lines {
  constructor(name) {
    this.nodes = [...document.querySelectorAll(`script[data-island="${name}"]`)];
    this.size = Number(this.nodes[0]?.dataset.size ?? 1);
    this.open = new Map();
  }

  island(number) {
    let found = this.open.get(number);
    if (!found) {
      found = openIsland(this.nodes[number]).then((text) => text.split("\n"));
      this.open.set(number, found);
      if (this.open.size > 12) this.open.delete(this.open.keys().next().value);
    }
    return found;
  }

  async line(number) {
    const lines = await this.island(Math.floor(number / this.size));
    return JSON.parse(lines[number % this.size]);
  }
}

const dialogues = new Lines("dialogues");
const tools = new Lines("tools");

/** The texts of all dialogues, in lower case; made the first time that somebody searches. */
const texts = { rows: [], islands: 0 };

function textOf(dialogue) {
  const parts = [dialogue.id, ...(dialogue.plan?.requests ?? []).map((request) => request.intent)];
  for (const message of dialogue.messages ?? []) {
    parts.push(message.content ?? "", message.reasoning ?? "");
    for (const call of message.calls ?? []) parts.push(call.name, ...call.args.map(([key, value]) => `${key}=${value}`));
  }
  for (const finding of dialogue.findings ?? []) parts.push(finding.code, finding.reason);
  return parts.join("\n").toLowerCase();
}

/** Makes all texts ready; tells `progress` (0-1) on the way and stops when it returns false. */
async function readTexts(progress) {
  while (texts.islands < dialogues.nodes.length) {
    const number = texts.islands;
    const lines = (await openIsland(dialogues.nodes[number])).split("\n");
    if (texts.islands !== number) continue;
    lines.forEach((line, place) => {
      texts.rows[number * dialogues.size + place] = textOf(JSON.parse(line));
    });
    texts.islands += 1;
    if (progress(texts.islands / dialogues.nodes.length) === false) return false;
  }
  return true;
}

/** The words of a query, each to be found; "several words" in quotation marks are one. */
const readQuery = (query) =>
  [...query.toLowerCase().matchAll(/"([^"]+)"?|(\S+)/g)].map((match) => match[1] ?? match[2]).filter((word) => word !== '"');
