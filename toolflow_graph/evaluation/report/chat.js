// One dialogue's messages: calls with their results, findings and marks where they belong.

const KIND_WORDS = { user: "the user", result: "a result", assistant: "the assistant", context: "the system message" };

/** Where a value comes from, in words. */
function sourceWords(dialogue, [path, kind, at, resultPath, how, later]) {
  const place = at === null ? "" : ` (message ${at})`;
  let words = list.index.kinds[kind] ?? kind;
  if (kind === "result" && at !== null) {
    const called = callAnswered(dialogue, at);
    words = `from the result of ${called ? called.name : "a call"}${place}${resultPath ? `, at ${resultPath}` : ""}`;
  } else if (at !== null && KIND_WORDS[kind]) words = `from ${KIND_WORDS[kind]}${place}`;
  else words += place;
  if (how) words += `: ${how}`;
  if (later.length) words += `; also in message ${later.map(([index]) => index).join(", ")}`;
  return { path, kind, words };
}

/** The call that the tool message at `index` answers. */
function callAnswered(dialogue, index) {
  for (const message of dialogue.messages) for (const call of message.calls ?? []) if (call.result === index) return call;
  return null;
}

/** All messages with what is said about them; results stand in their calls. */
function drawMessages(dialogue) {
  const view = { dialogue, ...collectNotes(dialogue) };
  const nodes = [];
  dialogue.messages.forEach((message, index) => {
    const request = (dialogue.starts ?? []).indexOf(index);
    if (request >= 0) nodes.push(drawRequestLine(dialogue, request));
    if (message.shown !== "call") nodes.push(...notesOf(view.before, index), drawMessage(view, message, index), ...notesOf(view.after, index));
  });
  nodes.push(...notesOf(view.before, dialogue.messages.length));
  return nodes;
}

const notesOf = (map, index) => map.get(index) ?? [];

function drawRequestLine(dialogue, request) {
  const intent = dialogue.plan?.requests?.[request]?.intent;
  return el("div", { class: "request-line", id: `request-${request}`, role: "separator" },
    el("span", { text: `Request ${request + 1}${intent ? `: ${intent}` : ""}` }));
}

/** Everything that is said about a message, by its index: what stands before it, and what after. */
function collectNotes(dialogue) {
  const before = new Map();
  const after = new Map();
  const put = (map, index, node) => map.set(index, [...(map.get(index) ?? []), node]);
  const last = dialogue.messages.length;
  for (const change of dialogue.changes ?? []) {
    put(before, change.message_index, el("p", { class: "staged", text: `offered from here on: ${change.tools.join(", ")}` }));
  }
  for (const cue of dialogue.cues ?? []) {
    put(before, cue.message_index, el("p", { class: "staged", text: `staged: ${CUES[cue.kind] ?? cue.kind}${cue.text ? ` – ${cue.text}` : ""}` }));
  }
  const refused = new Map();
  for (const alternative of dialogue.alternatives ?? []) put(refused, Math.min(alternative.message_index, last), alternative);
  for (const [index, given] of refused) put(before, index, drawAlternatives(given));
  for (const finding of dialogue.findings ?? []) {
    const index = finding.message_index;
    if (index !== undefined && index < last) put(after, index, drawFinding(finding));
  }
  for (const mark of dialogue.judgement?.turns ?? []) put(after, mark.message_index, drawMark(mark));
  return { before, after };
}

const CUES = {
  revise: "the user gives another value",
  press: "the user pushes back",
  arrived: "a missing tool is offered from here on",
  mishap: "a call fails on purpose",
  injection: "the result carries instructions",
};

function drawFinding(finding) {
  const [explanation, hint] = list.index.hints[finding.code] ?? ["", ""];
  const error = finding.severity === "error";
  return el("div", { class: `finding ${error ? "error" : "warning"}`, tabindex: -1 },
    el("b", { text: `${error ? "✗ error" : "! warning"} ` }),
    el("code", { text: finding.code, title: explanation }),
    el("span", { text: ` ${finding.reason}` }),
    hint ? el("small", { text: `What to do: ${hint}` }) : null);
}

function drawMark(mark) {
  return el("div", { class: `judge-mark ${mark.good ? "good" : "poor"}` },
    el("b", { text: mark.good ? "✓ judge: good" : "✗ judge: bad" }), mark.reason ? el("span", { text: ` ${mark.reason}` }) : null);
}

function drawAlternatives(given) {
  const items = given.map((alternative) => {
    const reply = alternative.reply ?? {};
    const bare = Object.keys(reply).length === 1 && typeof reply.content === "string";
    return el("div", { class: "alternative" },
      el("p", {}, el("b", { text: `${alternative.role} (${alternative.node}): ` }), alternative.reason),
      el("pre", { text: bare ? prettyJson(reply.content) : JSON.stringify(reply, null, 2) }));
  });
  return el("details", { class: "alternatives" }, el("summary", { text: count(given.length, "refused reply", "refused replies") }), ...items);
}

function drawMessage(view, message, index) {
  const body = [];
  if (message.reasoning) {
    body.push(el("details", { class: "reasoning" }, el("summary", { text: "reasoning" }), el("p", { class: "text", text: message.reasoning })));
  }
  const content = message.content ?? "";
  if (message.role === "system") {
    body.push(el("details", {}, el("summary", { text: shorten(content.replace(/\s+/g, " "), 110) || "(empty)" }), el("p", { class: "text", text: content })));
  } else if (message.role === "tool") body.push(el("pre", { text: prettyJson(content) }));
  else if (content) body.push(el("p", { class: "text", text: content }));
  else if (!message.calls) body.push(el("p", { class: "text faint", text: "(empty)" }));
  for (const call of message.calls ?? []) body.push(drawCall(view, call));
  return el("section", { class: `message ${message.role}`, id: `m-${index}`, "aria-label": `${message.role}, message ${index}` },
    el("div", { class: "who" }, el("b", { text: message.role }), el("span", { class: "index", text: String(index) }),
      message.untrained ? el("span", { class: "untrained", text: "not trained on" }) : null),
    el("div", { class: "body" }, body));
}

function drawCall(view, call) {
  const { dialogue } = view;
  const result = call.result === null || call.result === undefined ? null : dialogue.messages[call.result];
  const chips = call.args.map(([key, value]) => drawArgument(dialogue, call, key, value));
  const state = result === null ? "unanswered" : call.failed ? "failed" : "answered";
  const content = result?.content ?? "";
  const summary = el("summary", {},
    el("span", { class: "call-line" }, el("b", { class: "call-name", text: call.name }), ...chips.flatMap((chip) => [" ", chip])),
    el("span", { class: `result-line ${state}` },
      el("b", { text: result === null ? "no result" : call.failed ? "← error " : "← " }), shorten(content.replace(/\s+/g, " "), 150)));
  const table = el("table", { class: "arguments" }, el("tbody", {}, call.args.map(([key, value]) => drawArgumentRow(dialogue, call, key, value))));
  const parts = [summary];
  if (call.args.length) parts.push(table);
  if (result !== null) {
    parts.push(el("div", { class: "result-head", text: `result, message ${call.result}${result.untrained ? ", not trained on" : ""}` }));
    parts.push(el("pre", { class: "result", text: prettyJson(content) }));
  }
  const card = el("details", { class: `call ${state}`, id: call.result === null || call.result === undefined ? null : `m-${call.result}` }, parts);
  return el("div", {}, notesOf(view.before, call.result), card, notesOf(view.after, call.result));
}

/** The sources of one argument: of itself and of what it holds. */
function sourcesOf(call, key) {
  return (call.sources ?? []).filter(([path]) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`));
}

function drawArgument(dialogue, call, key, value) {
  const sources = sourcesOf(call, key);
  const kinds = new Set(sources.map(([, kind]) => kind));
  const kind = kinds.size === 1 ? [...kinds][0] : kinds.size ? "mixed" : "none";
  return el("span", {
    class: `argument k-${kind}`,
    tabindex: 0,
    "aria-label": `${key} = ${shorten(value, 60)}; ${sources.map((source) => sourceWords(dialogue, source).words).join("; ")}`,
    on: sourceListeners(dialogue, sources, value),
  }, el("span", { class: "key", text: `${key}=` }), shorten(value, 60));
}

function drawArgumentRow(dialogue, call, key, value) {
  const sources = sourcesOf(call, key);
  const told = sources.map((source) => {
    const { path, kind, words } = sourceWords(dialogue, source);
    return el("div", { class: "source" }, el("span", { class: `dot k-${kind}`, "aria-hidden": "true" }), el("b", { text: kind }),
      el("span", { text: ` ${path === key ? "" : `${path.slice(key.length)} `}${words}` }));
  });
  return el("tr", { tabindex: 0, on: sourceListeners(dialogue, sources, value) },
    el("th", { scope: "row", text: key }), el("td", {}, el("pre", { text: prettyJson(value) })), el("td", {}, told));
}

function sourceListeners(dialogue, sources, value) {
  const enter = (event) => showSources(event.currentTarget, dialogue, sources, value);
  return { mouseenter: enter, focus: enter, mouseleave: hideSources, blur: hideSources };
}

function showSources(node, dialogue, sources, value) {
  hideSources();
  if (!sources.length) return;
  const lines = sources.slice(0, 12).map((source) => {
    const { path, kind, words } = sourceWords(dialogue, source);
    return el("div", {}, el("span", { class: `dot k-${kind}`, "aria-hidden": "true" }), el("b", { text: `${path} ` }), words);
  });
  const tip = el("div", { class: "tip", id: "tip", role: "tooltip" }, lines);
  document.body.append(tip);
  const box = node.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = box.bottom + tip.offsetHeight + 12 < innerHeight ? `${box.bottom + 6}px` : `${box.top - tip.offsetHeight - 6}px`;
  node.setAttribute("aria-describedby", "tip");
  const places = new Set(sources.flatMap(([, , at, , , later]) => [at, ...later.map(([index]) => index)]));
  const ranges = [];
  const bare = value.replace(/^"|"$/g, "").toLowerCase();
  for (const index of places) {
    const message = index === null ? null : byId(`m-${index}`);
    if (!message) continue;
    message.classList.add("lit");
    if (bare.length > 1) ranges.push(...findRanges(message, [bare]));
  }
  highlight("source", ranges);
}

function hideSources() {
  byId("tip")?.remove();
  for (const node of document.querySelectorAll(".lit")) node.classList.remove("lit");
  for (const node of document.querySelectorAll('[aria-describedby="tip"]')) node.removeAttribute("aria-describedby");
  highlight("source", []);
}
