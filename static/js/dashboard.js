// A dashboard: panels ask for what they show when they come into sight, at most four at a time, and
// are drawn one after another while the browser is idle. In full screen they ask again each minute.

const MOST_AT_ONCE = 4;
const MINUTE = 60_000;
const LONGEST_NAME = 20; // signs of a line's name in a legend
const [NAMES, LETTER] = [110, 7]; // pixels of a grid's names of rows, and of a letter above a column
const COLUMN = 84; // pixels that a column of a grid needs
const wall = document.querySelector("[data-wall]");
const list = wall.querySelector(".panels");
const live = (text) => { document.getElementById("live").textContent = text; };
const tags = new WeakMap(); // what each panel was told last
const charts = import(wall.dataset.charts);

// --- Asking

const waiting = [];
let asking = 0;

function ask(panel) {
  if (!waiting.includes(panel)) waiting.push(panel);
  next();
}

function next() {
  while (asking < MOST_AT_ONCE && waiting.length) {
    asking += 1;
    load(waiting.shift()).finally(() => { asking -= 1; next(); });
  }
}

async function load(panel) {
  const { say } = await charts;
  const box = panel.querySelector(".chart");
  const known = tags.get(panel);
  if (!known) say(box, "Loading …");
  try {
    const response = await fetch(panel.dataset.url, { headers: { Accept: "application/json", ...(known && { "If-None-Match": known }) } });
    if (response.status === 304) return;
    if (response.status === 404) { say(box, "This is not there any more, or you may not see it."); return; }
    if (!response.ok) throw new Error(`The panel did not load (${response.status}).`);
    const told = await response.json();
    tags.set(panel, response.headers.get("ETag"));
    draw(panel, told);
  } catch (error) {
    // In full screen what was drawn last stays; the next minute asks again.
    if (!known) say(box, error.message, () => ask(panel));
  }
}

// --- Drawing, one after another

const idle = () => new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve, { timeout: 500 }));
let drawing = Promise.resolve();

function draw(panel, told) {
  drawing = drawing.then(idle).then(() => show(panel, told)).catch(async (error) => {
    (await charts).say(panel.querySelector(".chart"), `${error.message} The same values are in the table.`, () => draw(panel, told));
  });
}

async function show(panel, told) {
  const { plotly, draw: paint, say } = await charts;
  const box = panel.querySelector(".chart");
  panel.querySelector("h2").textContent = told.title;
  panel.querySelector("[data-said]").textContent = told.missing ? "" : told.finding;
  panel.querySelector("[data-table]").replaceChildren(table(told.table));
  panel.querySelector(".panel-table").hidden = !told.table.rows.length;
  const more = panel.querySelector("[data-more]");
  more.hidden = !told.href;
  more.firstElementChild.href = told.href;
  if (!told.figure) { say(box, told.missing); return; }
  // Where a grid's columns have no room, its table tells the same.
  const isTight = told.kind === "heat_map" && box.clientWidth < COLUMN * told.table.columns.length;
  panel.querySelector(".panel-table").hidden = isTight;
  if (isTight) { inPlace(box, told.table, told.title); return; }
  if (box.clientWidth < 640) told.figure.layout.showlegend = false;
  // The legend's columns are as wide as its longest name: one long name would leave no chart.
  for (const trace of told.figure.data) if (trace.name) trace.name = shortened(trace.name, LONGEST_NAME);
  if (told.kind === "heat_map") {
    const room = Math.floor((box.clientWidth - NAMES) / (told.table.columns.length - 1) / LETTER);
    const axis = told.figure.layout.xaxis;
    axis.ticktext = axis.ticktext.map((name) => shortened(name, room));
  }
  paint(await plotly(wall.dataset.plotly), box, told.figure);
}

const shortened = (name, most) => (name.length > most ? `${name.slice(0, most - 1).trimEnd()}…` : name);

function inPlace(box, told, title) {
  const scroll = Object.assign(document.createElement("div"), { className: "scroll panel-grid", tabIndex: 0 });
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", title);
  scroll.append(table(told));
  box.replaceChildren(scroll);
}

function table({ columns, rows, n_names: names }) {
  const made = document.createElement("table");
  made.className = "rows";
  const line = (cells, tag, scope) => {
    const row = document.createElement("tr");
    row.append(...cells.map((text, place) => {
      const cell = document.createElement(place ? tag : "th");
      if (cell.tagName === "TH") cell.scope = place ? "col" : scope;
      if (place >= names) cell.className = "num";
      cell.textContent = text;
      return cell;
    }));
    return row;
  };
  made.createTHead().append(line(columns, "th", "col"));
  made.createTBody().append(...rows.map((row) => line(row, "td", "row")));
  return made;
}

const sight = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    sight.unobserve(target);
    ask(target);
  }
}, { rootMargin: "200px" });
list.querySelectorAll("[data-url]").forEach((panel) => {
  panel.querySelector(".chart-message").textContent = "Loads when it is seen.";
  sight.observe(panel);
});

// --- Full screen

const full = document.querySelector("[data-full]");
if (full && document.fullscreenEnabled) {
  full.hidden = false;
  full.addEventListener("click", () => wall.requestFullscreen());
}
let clock = null;
document.addEventListener("fullscreenchange", () => {
  clearInterval(clock);
  if (document.fullscreenElement !== wall) return;
  refresh();
  clock = setInterval(refresh, MINUTE);
});

function refresh() {
  list.querySelectorAll("[data-url]").forEach((panel) => { if (tags.has(panel)) ask(panel); });
  wall.querySelector("[data-refreshed]").textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

// --- Arranging

const panels = () => [...list.children];

async function send(panel, about) {
  const form = panel.querySelector("[data-arrange]");
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  Object.entries(about).forEach(([name, value]) => body.set(name, value));
  try {
    const response = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    if (response.type !== "opaqueredirect" && !response.ok) throw new Error(response.status);
    return true;
  } catch {
    live("It was not saved. Load the page again.");
    return false;
  }
}

async function move(panel, place) {
  const before = panels();
  const at = Math.min(Math.max(place, 0), before.length - 1);
  if (before.indexOf(panel) === at) return;
  put(panel, at);
  const isSaved = await send(panel, { do: "move", to: at });
  if (!isSaved) { list.replaceChildren(...before); return; }
  live(`${panel.querySelector("h2").textContent}: place ${at + 1} of ${before.length}.`);
}

function put(panel, at) {
  const others = panels().filter((each) => each !== panel);
  list.insertBefore(panel, others[at] ?? null);
}

list.querySelectorAll("[data-handle]").forEach((handle) => { handle.hidden = false; });

const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };
list.addEventListener("keydown", async (event) => {
  const handle = event.target.closest("[data-handle]");
  if (!handle || !(event.key in STEPS)) return;
  event.preventDefault();
  const panel = handle.closest("[data-panel]");
  await move(panel, panels().indexOf(panel) + STEPS[event.key]);
  handle.focus();
});

let dragged = null;
list.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-handle]");
  if (!handle || event.button) return;
  dragged = { panel: handle.closest("[data-panel]"), before: panels() };
  dragged.panel.classList.add("is-dragged");
  event.preventDefault();
});
// On the document: what is dragged moves within the page, and would lose the pointer.
document.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  const over = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-panel]");
  if (over && over !== dragged.panel) put(dragged.panel, panels().indexOf(over));
});
async function drop(isKept) {
  if (!dragged) return;
  const { panel, before } = dragged;
  dragged = null;
  panel.classList.remove("is-dragged");
  const at = panels().indexOf(panel);
  list.replaceChildren(...before);
  if (isKept) await move(panel, at);
}
document.addEventListener("pointerup", () => drop(true));
document.addEventListener("pointercancel", () => drop(false));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") drop(false); });

// A size holds at once; the chart follows its box.
list.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-arrange]");
  if (!form) return;
  event.preventDefault();
  const panel = form.closest("[data-panel]");
  const { width, height } = form.elements;
  if (!(await send(panel, { do: "size", width: width.value, height: height.value }))) return;
  panel.className = `card panel w${width.value} h${height.value}`;
  form.closest("details").open = false;
  tags.delete(panel); // how much fits in depends on the height
  if (panel.dataset.url) ask(panel);
  live("The size is saved.");
});
