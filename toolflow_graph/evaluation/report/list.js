// The list of dialogues: filters over the index, and only the rows that are seen are in the page.

const ROW = 70;
const FILTERS = ["behaviour", "tool", "code", "role", "source"];
const column = { id: 0, accepted: 1, turns: 2, calls: 3, messages: 4, lowest: 5, errors: 6, excerpt: 7, behaviour: 8, tool: 9, code: 10, role: 11, source: 12 };

const list = { index: null, shown: [], selected: -1, onChoose: null };

/** Rows that fit the filters, in order; `state` is what the address holds. */
function filterRows(state, words) {
  const { rows, names } = list.index;
  const wanted = FILTERS.filter((filter) => state[filter]).map((filter) => [column[filter], names[filter].indexOf(state[filter])]);
  const fits = (row, number) =>
    (!state.verdict || (state.verdict === "accepted") === (row[column.accepted] === 1)) &&
    fitsCount(state.turns, row[column.turns]) &&
    fitsCount(state.calls, row[column.calls]) &&
    wanted.every(([place, name]) => row[place].includes(name)) &&
    words.every((word) => (texts.rows[number] ?? "").includes(word));
  const found = [];
  rows.forEach((row, number) => {
    if (fits(row, number)) found.push(number);
  });
  const keys = {
    turns: (row) => -row[column.turns],
    calls: (row) => -row[column.calls],
    findings: (row) => -row[column.code].length,
    score: (row) => row[column.lowest] ?? 9,
  };
  const key = keys[state.order];
  return key ? found.sort((a, b) => key(rows[a]) - key(rows[b]) || a - b) : found;
}

/** "3" is exactly so many, "24+" so many or more. */
function fitsCount(wanted, value) {
  if (!wanted) return true;
  return wanted.endsWith("+") ? value >= parseInt(wanted, 10) : value === Number(wanted);
}

function showRows(found) {
  list.shown = found;
  byId("space").style.height = `${found.length * ROW}px`;
  drawRows();
}

function drawRows() {
  const box = byId("list");
  const first = Math.max(0, Math.floor(box.scrollTop / ROW) - 6);
  const last = Math.min(list.shown.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + 6);
  const drawn = [];
  for (let place = first; place < last; place += 1) drawn.push(drawRow(place));
  byId("space").replaceChildren(...drawn);
  const current = byId(`row-${list.selected}`);
  if (current) box.setAttribute("aria-activedescendant", current.id);
  else box.removeAttribute("aria-activedescendant");
}

function drawRow(place) {
  const number = list.shown[place];
  const row = list.index.rows[number];
  const accepted = row[column.accepted] === 1;
  const facts = [count(row[column.turns], "turn"), count(row[column.calls], "call")];
  // There is room for one of the two; both are told in the dialogue.
  const warnings = row[column.code].length - row[column.errors];
  if (row[column.errors]) facts.push(count(row[column.errors], "error"));
  else if (warnings > 0) facts.push(count(warnings, "warning"));
  if (row[column.lowest] !== null) facts.push(`score ${row[column.lowest]}`);
  const node = el(
    "div",
    {
      class: `row ${accepted ? "ok" : "bad"}`,
      id: `row-${number}`,
      role: "option",
      "aria-selected": String(number === list.selected),
      "aria-posinset": place + 1,
      "aria-setsize": list.shown.length,
      data: { number },
    },
    el("span", { class: "sign", text: accepted ? "✓" : "✗", role: "img", "aria-label": accepted ? "accepted" : "rejected" }),
    el("span", { class: "row-text", text: row[column.excerpt] || "(no user message)" }),
    el("span", { class: "row-id", text: row[column.id] }),
    el("span", { class: "row-facts", text: facts.join(" · ") }),
  );
  node.style.top = `${place * ROW}px`;
  return node;
}

/** Marks a dialogue in the list and brings it into sight. */
function selectRow(number) {
  list.selected = number;
  const place = list.shown.indexOf(number);
  const box = byId("list");
  if (place >= 0 && box.clientHeight) {
    const top = place * ROW;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + ROW > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW - box.clientHeight;
  }
  drawRows();
}

/** The dialogue that stands `step` rows below the selected one. */
function neighbour(step) {
  const place = list.shown.indexOf(list.selected);
  if (place < 0) return list.shown[step > 0 ? 0 : list.shown.length - 1];
  return list.shown[Math.min(list.shown.length - 1, Math.max(0, place + step))];
}

function startList() {
  const box = byId("list");
  box.addEventListener("scroll", () => requestAnimationFrame(drawRows), { passive: true });
  new ResizeObserver(drawRows).observe(box);
  box.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row) list.onChoose(Number(row.dataset.number));
  });
  for (const filter of ["behaviour", "tool", "code"]) {
    const names = list.index.names[filter];
    const select = byId(`f-${filter}`);
    const options = [...names].sort((a, b) => a.localeCompare(b, "en"));
    select.append(el("option", { value: "", text: "any" }), ...options.map((name) => el("option", { value: name, text: name })));
    select.closest("label").hidden = names.length === 0;
  }
  if (!list.index.judged) byId("f-order").querySelector('[value="score"]').remove();
}
