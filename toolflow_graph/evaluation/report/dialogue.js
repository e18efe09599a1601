// The open dialogue: its head, its plan beside the messages.

const shown = { number: -1, dialogue: null };

async function openDialogue(number, words) {
  shown.number = number;
  const dialogue = await dialogues.line(number);
  // Meanwhile another one may have been chosen.
  if (shown.number !== number) return false;
  dialogue.messages ??= [];
  shown.dialogue = dialogue;
  hideSources();
  const box = byId("dialogue");
  box.replaceChildren(drawHead(dialogue), drawBody(dialogue));
  box.scrollTop = 0;
  byId("offered")?.addEventListener("toggle", fillTools, { once: true });
  highlight("hit", findRanges(box, words));
  return true;
}

function drawHead(dialogue) {
  const accepted = dialogue.accepted;
  const facts = [];
  const seed = dialogue.seed ?? {};
  if (!dialogue.written) facts.push("verdict by the rules, on reading");
  if (dialogue.ended) facts.push(`ended: ${dialogue.ended.replace("_", " ")}`);
  if (seed.now) facts.push(`now: ${seed.now}`);
  if (seed.style) facts.push(`style: ${seed.style}`);
  if (seed.language) facts.push(seed.language);
  const models = [...new Set(Object.values(dialogue.models ?? {}))];
  if (models.length) facts.push(`model${models.length > 1 ? "s" : ""}: ${models.join(", ")}`);
  const used = Object.values(dialogue.usage ?? {});
  const sum = (key) => used.reduce((total, each) => total + (each[key] ?? 0), 0);
  if (used.length) facts.push(`${count(sum("calls"), "model call")}, ${count(sum("input") + sum("output"), "token")}`);
  const whole = (dialogue.findings ?? []).filter((finding) => finding.message_index === undefined || finding.message_index >= dialogue.messages.length);
  return el("header", { class: "head" },
    el("div", { class: "head-line" },
      el("button", { type: "button", class: "back", "aria-label": "Back to the list", text: "‹ list", on: { click: () => go({ id: "" }) } }),
      el("span", { class: `verdict ${accepted ? "ok" : "bad"}`, text: accepted ? "✓ accepted" : "✗ rejected" }),
      el("h2", { text: dialogue.id }),
      el("span", { class: "moves" },
        el("button", { type: "button", "aria-label": "Previous dialogue", title: "Previous (k)", text: "↑", on: { click: () => step(-1) } }),
        el("button", { type: "button", "aria-label": "Next dialogue", title: "Next (j)", text: "↓", on: { click: () => step(1) } }),
        el("button", { type: "button", title: "Unfold or fold all (e)", text: "unfold all", id: "unfold", on: { click: unfoldAll } }))),
    el("p", { class: "facts", text: facts.join(" · ") }),
    el("p", { class: "chips" }, Object.entries(dialogue.behaviours ?? {}).map(([name, times]) =>
      el("span", { class: "chip", text: times > 1 ? `${name} ×${times}` : name }))),
    dialogue.judgement ? drawScores(dialogue.judgement) : null,
    dialogue.fault ? el("div", { class: "finding error" }, el("b", { text: "✗ fault " }), el("code", { text: dialogue.fault.code }),
      ` in ${dialogue.fault.node}: ${dialogue.fault.reason}`) : null,
    whole.map(drawFinding));
}

function drawScores(judgement) {
  const scores = Object.entries(judgement.scores);
  const chips = scores.map(([name, score]) => el("span", { class: `score s${Math.min(5, Math.max(1, Math.round(score)))}`, text: `${name} ${score}` }));
  const details = scores.filter(([name]) => judgement.reasons[name]).map(([name]) => el("p", {}, el("b", { text: `${name}: ` }), judgement.reasons[name]));
  for (const [judge, given] of Object.entries(judgement.by)) {
    details.push(el("p", {}, el("b", { text: `${judge}: ` }), Object.entries(given).map(([name, score]) => `${name} ${score}`).join(", ")));
  }
  if (judgement.agreement !== null) details.push(el("p", { text: `The judges agree to ${Math.round(judgement.agreement * 100)} %.` }));
  const line = [el("span", { class: "score-label", text: "judge" }), ...chips];
  return details.length ? el("details", { class: "scores" }, el("summary", {}, line), details) : el("p", { class: "scores" }, line);
}

function drawBody(dialogue) {
  const aside = [];
  const requests = dialogue.plan?.requests ?? [];
  const wide = byId("dialogue").clientWidth > 760;
  if (requests.length) {
    aside.push(el("details", { class: "plan", open: wide }, el("summary", { text: `Plan: ${count(requests.length, "request")}` }),
      (dialogue.plan.policy ?? []).length ? el("p", { class: "policy", text: `Policy: ${dialogue.plan.policy.join(" ")}` }) : null,
      el("ol", {}, requests.map((request, place) => drawRequest(dialogue, request, place)))));
  } else aside.push(el("p", { class: "faint", text: "No plan is known of this dialogue." }));
  if (dialogue.tools) {
    aside.push(el("details", { class: "offered", id: "offered" }, el("summary", { text: `${count(dialogue.tools.length, "tool")} offered` }), el("div", { id: "offered-tools" })));
  }
  return el("div", { class: "dialogue-body" }, el("aside", { "aria-label": "Plan" }, aside), el("div", { class: "messages" }, drawMessages(dialogue)));
}

function drawRequest(dialogue, request, place) {
  const start = (dialogue.starts ?? [])[place];
  const spoken = start !== undefined;
  const fact = (item) => `${item.name}: ${typeof item.value === "string" ? item.value : JSON.stringify(item.value)}`;
  const group = (label, items) => (items.length ? el("div", { class: "fact-group" }, el("b", { text: label }), el("ul", {}, items.map((text) => el("li", { text })))) : null);
  const tags = [request.kind, ...(request.slot?.behaviours ?? [])].filter((name, at, all) => name !== "tool" && all.indexOf(name) === at);
  return el("li", {},
    el("button", { type: "button", class: "to-request", disabled: !spoken, title: spoken ? `to message ${start}` : "never spoken", text: request.intent || "(no intent)", on: { click: () => jumpTo(byId(`request-${place}`)) } }),
    spoken ? null : el("span", { class: "faint", text: " not spoken" }),
    el("p", { class: "chips" }, tags.map((name) => el("span", { class: "chip", text: name })), (request.tools ?? []).map((name) => el("span", { class: "chip tool", text: name }))),
    group("said freely", (request.facts ?? []).map(fact)),
    group("said only when asked", (request.withheld ?? []).map(fact)),
    request.revision ? group("changed later", [fact(request.revision)]) : null,
    group("taken from earlier", (request.uses ?? []).map((use) => `${use.what} (request ${use.request + 1}${use.path ? `, ${use.path}` : ""})`)),
    group("not offered at first", request.hidden ?? []));
}

async function fillTools() {
  const { dialogue } = shown;
  const found = await Promise.all(dialogue.tools.map((number) => tools.line(number)));
  const called = new Set(dialogue.messages.flatMap((message) => (message.calls ?? []).map((call) => call.name)));
  byId("offered-tools")?.replaceChildren(...found.map((tool) => {
    const required = new Set(tool.parameters?.required ?? []);
    const properties = Object.entries(tool.parameters?.properties ?? {});
    return el("details", { class: "tool" },
      el("summary", {}, el("code", { text: tool.name }), called.has(tool.name) ? el("span", { class: "chip", text: "called" }) : null),
      el("p", { text: tool.description ?? "" }),
      el("ul", {}, properties.map(([name, schema]) => el("li", {}, el("code", { text: name }),
        ` ${[schema?.type].flat().filter(Boolean).join(" or ")}${required.has(name) ? ", required" : ""}${schema?.description ? `: ${schema.description}` : ""}`))),
      tool.returns ? el("p", { class: "faint", text: `returns: ${Object.keys(tool.returns.properties ?? {}).join(", ") || tool.returns.type || "anything"}` }) : null);
  }));
}

function jumpTo(node) {
  node?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

function unfoldAll() {
  const all = [...document.querySelectorAll(".messages details")];
  const unfold = all.some((node) => !node.open);
  for (const node of all) node.open = unfold;
  byId("unfold").textContent = unfold ? "fold all" : "unfold all";
}

/** The next finding below what is seen, from the top again after the last. */
function nextFinding() {
  const all = [...byId("dialogue").querySelectorAll(".finding")];
  const next = all[(all.indexOf(document.activeElement) + 1) % all.length];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "center" });
}
