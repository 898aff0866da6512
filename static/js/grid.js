// A grid of fields that works like a spreadsheet: arrows, Enter, Esc, and a pasted block of cells.
// Without it the same form is filled in with Tab and sent whole.

const fieldsOf = (row) => [...row.querySelectorAll("input[name]:not([type=hidden])")];
const rowsOf = (form) => [...form.querySelectorAll("tbody tr")].filter((row) => fieldsOf(row).length);
// What the server showed, which is not what a refused form comes back with.
const shown = (form) => JSON.parse(form.elements.seen?.value ?? "{}");
const original = (field) => shown(field.form)[field.name] ?? field.defaultValue;
const say = (text) => { document.getElementById("live").textContent = text; };

for (const form of document.querySelectorAll("form[data-grid]")) {
  form.addEventListener("keydown", (event) => move(form, event));
  form.addEventListener("paste", (event) => paste(form, event));
  form.addEventListener("input", () => mark(form));
  form.addEventListener("focusin", (event) => event.target.matches("td input") && event.target.select());
  form.addEventListener("submit", () => sendChanged(form));
  mark(form);
}

// The page may come back from the browser's history with fields switched off by sending them.
addEventListener("pageshow", () => document.querySelectorAll("form[data-grid] td input").forEach((field) => { field.disabled = false; }));

// Where a field begins and ends among the columns, so that a quarter lies above its months.
function place(field) {
  let start = 0;
  const cell = field.closest("td");
  for (let other = cell.previousElementSibling; other; other = other.previousElementSibling) start += other.colSpan;
  return { start, end: start + cell.colSpan };
}

function move(form, event) {
  const field = event.target;
  if (!field.matches("td input") || event.ctrlKey || event.metaKey || event.altKey) return;
  const atStart = field.selectionStart === 0 && (field.selectionEnd === 0 || field.selectionEnd === field.value.length);
  const atEnd = field.selectionEnd === field.value.length && (field.selectionStart === 0 || field.selectionStart === field.selectionEnd);
  let next;
  if (event.key === "Enter") next = beside(form, field, event.shiftKey ? -1 : 1) ?? field;
  else if (event.key === "ArrowDown") next = beside(form, field, 1);
  else if (event.key === "ArrowUp") next = beside(form, field, -1);
  else if (event.key === "ArrowRight" && atEnd) next = along(field, 1);
  else if (event.key === "ArrowLeft" && atStart) next = along(field, -1);
  else if (event.key === "Escape") { field.value = original(field); mark(form); field.select(); event.stopPropagation(); return; }
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function along(field, step) {
  const fields = fieldsOf(field.closest("tr"));
  return fields[fields.indexOf(field) + step];
}

function beside(form, field, step) {
  const rows = rowsOf(form);
  const { start, end } = place(field);
  for (let i = rows.indexOf(field.closest("tr")) + step; rows[i]; i += step) {
    const found = fieldsOf(rows[i]).find((other) => { const at = place(other); return at.start < end && at.end > start; });
    if (found) return found;
  }
  return undefined;
}

// Rows by line, cells by tab, as spreadsheets copy them; what does not fit is told.
function paste(form, event) {
  const field = event.target;
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/).map((line) => line.split("\t"));
  if (!field.matches("td input") || (lines.length === 1 && lines[0].length === 1)) return;
  event.preventDefault();
  const rows = rowsOf(form);
  const first = rows.indexOf(field.closest("tr"));
  const column = fieldsOf(rows[first]).indexOf(field);
  const from = place(field).start;
  let pasted = 0;
  let left = 0;
  lines.forEach((cells, down) => {
    const fields = rows[first + down] ? fieldsOf(rows[first + down]) : [];
    const start = down === 0 ? column : fields.findIndex((other) => place(other).end > from);
    cells.forEach((cell, across) => {
      const target = start < 0 ? undefined : fields[start + across];
      if (!target) { left += cell.trim() ? 1 : 0; return; }
      target.value = cell.trim();
      pasted += 1;
    });
  });
  mark(form);
  say(`${pasted} cells pasted${left ? `, ${left} did not fit` : ""}. Nothing is saved yet.`);
}

function mark(form) {
  const before = shown(form);
  let changes = 0;
  form.querySelectorAll("td input").forEach((field) => {
    const isChanged = field.value !== (before[field.name] ?? field.defaultValue);
    field.classList.toggle("is-changed", isChanged);
    changes += isChanged ? 1 : 0;
  });
  const told = form.querySelector("[data-changes]");
  if (told) told.textContent = changes ? `${changes} changed, not saved yet` : "";
}

// Only what was changed is sent.
function sendChanged(form) {
  mark(form);
  form.querySelectorAll("td input:not([data-always], .is-changed)").forEach((field) => { field.disabled = true; });
}
