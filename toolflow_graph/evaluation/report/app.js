// What is shown stands in the address after "#", so that any view can be linked to and the way back works.

const PARAMETERS = ["verdict", ...FILTERS, "turns", "calls", "order", "q", "id"];
const state = { view: "overview" };
let words = [];

function readAddress() {
  const [view, query = ""] = location.hash.slice(1).split("?");
  state.view = view === "dialogues" ? "dialogues" : "overview";
  const given = new URLSearchParams(query);
  for (const name of PARAMETERS) state[name] = given.get(name) ?? "";
}

function addressOf(wanted) {
  const given = new URLSearchParams();
  for (const name of PARAMETERS) if (wanted[name]) given.set(name, wanted[name]);
  const query = given.toString();
  return `#${wanted.view}${query ? `?${query}` : ""}`;
}

/** Changes what is shown; `keep`: without a step in the history. */
function go(change, keep = false) {
  const address = addressOf({ ...state, ...change });
  if (address === location.hash) return;
  history[keep ? "replaceState" : "pushState"](null, "", address);
  show();
}

/** An id, or "#number" where an id does not tell dialogues apart. */
const ids = new Map();
const nameOf = (number) => {
  const id = list.index.rows[number][column.id];
  return ids.get(id) === number ? id : `#${number}`;
};
const numberOf = (name) => ids.get(name) ?? (/^#\d+$/.test(name) && Number(name.slice(1)) < list.index.rows.length ? Number(name.slice(1)) : -1);

let filtered = "";

async function show() {
  readAddress();
  const browsing = state.view === "dialogues";
  byId("view-overview").hidden = browsing;
  byId("view-dialogues").hidden = !browsing;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === state.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!browsing) return;
  byId("view-dialogues").classList.toggle("opened", state.id !== "");
  fillFilters();
  const key = PARAMETERS.filter((name) => name !== "id").map((name) => state[name]).join("\n");
  if (key !== filtered) {
    filtered = key;
    await applyFilters();
  }
  await showDialogue();
}

async function showDialogue() {
  const number = state.id ? numberOf(state.id) : -1;
  selectRow(number);
  if (number === shown.number) return;
  if (number >= 0) await openDialogue(number, words);
  else {
    shown.number = -1;
    byId("dialogue").replaceChildren(el("p", { class: "empty", text: state.id ? `There is no dialogue ${state.id}.` : "Choose a dialogue in the list." }));
  }
}

function fillFilters() {
  for (const name of ["verdict", "behaviour", "tool", "code", "order"]) byId(`f-${name}`).value = state[name];
  if (byId("search") !== document.activeElement) byId("search").value = state.q;
  const extra = ["role", "source", "turns", "calls"].filter((name) => state[name]);
  const labels = { role: "error of the", source: "arguments from", turns: "turns:", calls: "calls:" };
  byId("extra").replaceChildren(...extra.map((name) =>
    el("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${labels[name]} ${state[name]}`, text: `${labels[name]} ${state[name]} ×`, on: { click: () => go({ [name]: "" }, true) } })));
}

async function applyFilters() {
  words = readQuery(state.q);
  const asked = filtered;
  const tell = (more = "") => {
    const all = list.index.rows.length;
    byId("status").textContent = `${list.shown.length === all ? count(all, "dialogue") : `${list.shown.length.toLocaleString("en")} of ${count(all, "dialogue")}`}${more}`;
    byId("clear").hidden = !PARAMETERS.some((name) => name !== "id" && name !== "order" && state[name]);
  };
  if (words.length && texts.islands < dialogues.nodes.length) {
    let told = 0;
    const whole = await readTexts((part) => {
      if (performance.now() - told > 250 && asked === filtered) {
        told = performance.now();
        showRows(filterRows(state, words));
        tell(`, searching: ${Math.round(part * 100)} %`);
      }
      return asked === filtered;
    });
    if (!whole) return;
  }
  showRows(filterRows(state, words));
  tell();
  byId("list").scrollTop = 0;
  if (shown.number >= 0) highlight("hit", findRanges(byId("dialogue"), words));
}

function step(by) {
  const next = neighbour(by);
  if (next !== undefined) go({ view: "dialogues", id: nameOf(next) }, true);
}

function startControls() {
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  let typing = 0;
  byId("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => go({ q: byId("search").value }, true), 150);
  });
  for (const name of ["verdict", "behaviour", "tool", "code", "order"]) {
    byId(`f-${name}`).addEventListener("change", (event) => go({ [name]: event.target.value }, true));
  }
  byId("clear").addEventListener("click", () => {
    byId("search").value = "";
    go({ ...Object.fromEntries(PARAMETERS.map((name) => [name, ""])), id: state.id }, true);
  });
  const pick = (event) => {
    const bar = event.target.closest(".pick");
    if (!bar || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    const none = Object.fromEntries(PARAMETERS.map((name) => [name, ""]));
    go({ ...none, view: "dialogues", [bar.dataset.filter]: bar.dataset.value });
  };
  byId("view-overview").addEventListener("click", pick);
  byId("view-overview").addEventListener("keydown", pick);
  for (const link of document.querySelectorAll("nav a")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      go({ view: link.dataset.view });
    });
  }
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId(`view-${state.view}`).focus();
  });
  document.addEventListener("keydown", onKey);
  byId("help-button").addEventListener("click", () => byId("help").showModal());
  byId("theme").addEventListener("click", switchTheme);
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  e: () => shown.dialogue && unfoldAll(),
  n: nextFinding,
  o: () => go({ view: "overview" }),
  d: () => go({ view: "dialogues" }),
  t: switchTheme,
  "?": () => byId("help").showModal(),
  "/": () => {
    go({ view: "dialogues" });
    byId("search").focus();
  },
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape") {
    if (typing) byId("list").focus();
    else if (state.view === "dialogues") go({ id: "" });
    hideSources();
    return;
  }
  if (typing) return;
  const inList = event.target === byId("list");
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity };
  if (inList && event.key in steps) {
    event.preventDefault();
    step(steps[event.key]);
  } else if (KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("toolflow-report-theme", root.dataset.theme);
  } catch {
    // A page from a file may not be allowed to keep anything.
  }
}

/** The links of a tool light up with it. */
function startToolMap() {
  const map = document.querySelector(".toolmap");
  if (!map) return;
  const paths = [...map.querySelectorAll("[data-ends]")].map((path) => [path, path.dataset.ends.split(" ")]);
  const nodes = new Map([...map.querySelectorAll("[data-node]")].map((node) => [node.dataset.node, node]));
  const dim = () => {
    map.classList.remove("chosen");
    for (const node of map.querySelectorAll(".lit")) node.classList.remove("lit");
  };
  const light = (event) => {
    const node = event.target.closest("[data-node]");
    dim();
    if (!node) return;
    map.classList.add("chosen");
    node.classList.add("lit");
    for (const [path, ends] of paths) {
      if (!ends.includes(node.dataset.node)) continue;
      path.classList.add("lit");
      for (const end of ends) nodes.get(end)?.classList.add("lit");
    }
  };
  for (const type of ["mouseover", "focusin"]) map.addEventListener(type, light);
  for (const type of ["mouseleave", "focusout"]) map.addEventListener(type, dim);
}

async function start() {
  try {
    const theme = localStorage.getItem("toolflow-report-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Then the system's own.
  }
  if (!("DecompressionStream" in window)) throw new Error("this browser is too old to unpack the dialogues (it has no DecompressionStream)");
  startToolMap();
  list.index = JSON.parse(await openIsland(document.querySelector('script[data-island="index"]')));
  list.index.rows.forEach((row, number) => {
    if (!ids.has(row[column.id])) ids.set(row[column.id], number);
  });
  list.onChoose = (number) => go({ id: nameOf(number) });
  startList();
  startControls();
  addEventListener("hashchange", show);
  addEventListener("popstate", show);
  await show();
  // For whoever measures: milliseconds from the navigation to the list being ready.
  document.documentElement.dataset.ready = Math.round(performance.now());
}

start().catch((error) => {
  byId("notice").hidden = false;
  byId("notice").textContent = `The dialogues cannot be shown: ${error.message}`;
});
