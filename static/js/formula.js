// The form of a KPI: codes are completed while a formula is typed, choices that do not apply are
// hidden, the code follows the name. The server says what the formula yields; nothing here is
// needed to send the form.

const FUNCTIONS = [
  ["if", "if(condition, a, b)"], ["sum", "sum(a, b)"], ["avg", "avg(a, b)"], ["min", "min(a, b)"],
  ["max", "max(a, b)"], ["abs", "abs(a)"], ["round", "round(a, digits)"],
  ["coalesce", "coalesce(a, b)"], ["prev", "prev(kpi, periods)"], ["ytd", "ytd(kpi)"],
  ["rolling", "rolling(kpi, periods)"],
].map(([code, name]) => ({ code, name, isFunction: true }));
const MOST = 8;
const WORD = /[a-z][a-z0-9_]*$/i;
const live = (text) => { document.getElementById("live").textContent = text; };

// --- Completions: the text stays where it is typed, the list is moved through by its keys.

function complete(area) {
  const list = document.getElementById("formula-completions");
  const library = JSON.parse(document.getElementById(area.dataset.formula).textContent);
  const all = [...library, ...FUNCTIONS];
  let found = [];
  let chosen = 0;

  area.setAttribute("role", "combobox");
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  close();

  function word() {
    const isPicking = area.selectionStart === area.selectionEnd;
    const before = area.value.slice(0, area.selectionStart);
    return isPicking ? before.match(WORD)?.[0] ?? "" : "";
  }

  function close() {
    list.hidden = true;
    list.replaceChildren();
    found = [];
    area.setAttribute("aria-expanded", "false");
    area.removeAttribute("aria-activedescendant");
  }

  function look() {
    const typed = word().toLowerCase();
    const ranked = typed ? all.map((each) => [rank(each, typed), each]).filter(([place]) => place < 4) : [];
    ranked.sort(([a, one], [b, other]) => a - b || one.code.localeCompare(other.code));
    found = ranked.slice(0, MOST).map(([, each]) => each);
    if (!found.length || (found.length === 1 && found[0].code === typed)) { close(); return; }
    chosen = 0;
    list.replaceChildren(...found.map(option));
    list.hidden = false;
    area.setAttribute("aria-expanded", "true");
    mark();
    live(`${found.length} ${found.length === 1 ? "suggestion" : "suggestions"}`);
  }

  function mark() {
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === chosen)));
    area.setAttribute("aria-activedescendant", list.children[chosen].id);
    list.children[chosen].scrollIntoView({ block: "nearest" });
  }

  function take(place) {
    const each = found[place];
    const start = area.selectionStart - word().length;
    const followed = area.value[area.selectionStart] === "(";
    area.setRangeText(each.code + (each.isFunction && !followed ? "(" : ""), start, area.selectionStart, "end");
    close();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  }

  area.addEventListener("input", (event) => { if (event.isTrusted) look(); });
  area.addEventListener("blur", close);
  area.addEventListener("click", close);
  area.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) chosen = (chosen + moves[event.key] + found.length) % found.length;
    else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) take(chosen);
    else if (event.key === "Escape") close();
    else { if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) close(); return; }
    event.preventDefault();
    event.stopPropagation();
    if (!list.hidden) mark();
  });
  // Before the field loses the focus to the list.
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const item = event.target.closest("[role=option]");
    if (item) take([...list.children].indexOf(item));
  });
}

// Codes that begin so, then words of codes and names, then anything that holds it.
function rank(each, typed) {
  const name = each.name.toLowerCase();
  if (each.code.startsWith(typed)) return 0;
  if (each.isFunction) return 4;
  if (`_${each.code}`.includes(`_${typed}`) || ` ${name}`.includes(` ${typed}`)) return 1;
  return each.code.includes(typed) ? 2 : 4;
}

function option(each, place) {
  const item = document.createElement("li");
  item.id = `completion-${place}`;
  item.setAttribute("role", "option");
  const code = document.createElement("code");
  code.textContent = each.code;
  const about = document.createElement("span");
  about.textContent = [each.name, each.unit, each.frequency].filter(Boolean).join(" · ");
  item.append(code, about);
  return item;
}

// --- Choices that do not apply

function follow(form) {
  const chosen = (name) => form.querySelector(`[name="${name}"]:checked`)?.value;
  const show = () => form.querySelectorAll("[data-needs]").forEach((part) => {
    part.hidden = !part.dataset.needed.split(" ").includes(chosen(part.dataset.needs));
  });
  form.addEventListener("change", show);
  show();
}

// --- The code follows the name until somebody writes one; the server makes the same.

function suggestCode(name, code) {
  let isOwn = code.value !== "";
  code.addEventListener("input", () => { isOwn = code.value !== ""; });
  name.addEventListener("input", () => {
    if (isOwn) return;
    const letters = name.value.toLowerCase().normalize("NFKD").replace(/[^\x00-\x7f]/g, "");
    code.value = letters.replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+/, "").slice(0, 40).replace(/_+$/, "");
  });
}

// --- One more empty row of grades whenever the last one is begun

function growGrades(grades) {
  grades.addEventListener("input", () => {
    const last = [...grades.querySelectorAll(".grade")].at(-1);
    if (![...last.querySelectorAll("input")].some((field) => field.value)) return;
    const next = last.cloneNode(true);
    const number = grades.querySelectorAll(".grade").length + 1;
    next.querySelectorAll("input").forEach((field, column) => {
      field.value = "";
      field.setAttribute("aria-label", column ? `Value of grade ${number}` : `Grade ${number}`);
    });
    last.after(next);
  });
}

const form = document.querySelector("[data-kpi-form]");
if (form) {
  complete(form.querySelector("[data-formula]"));
  follow(form);
  growGrades(form.querySelector("#id-grades"));
  const code = form.querySelector("#id-code");
  if (code) suggestCode(form.querySelector("#id-name"), code);
}
