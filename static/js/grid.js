// A grid of fields that works like a spreadsheet: arrows, Enter, F2, Esc, blocks that are selected,
// copied, cleared and pasted, and undo. Without it the same form is filled in with Tab and sent
// whole. Each form has its grid as `form.grid`; "grid:commit" tells of fields that were changed and
// left, "grid:at" of the field that was come to, "grid:note" that its note is asked for.

const FIELD = "td.t-cell > input";
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const NUMBER = /^[−-]?[\d,]+(\.\d+)?$/;

const say = (text) => { document.getElementById("live").textContent = text; };
const cellsOf = (row) => [...row.querySelectorAll("td.t-cell")];
const fieldsOf = (row) => [...row.querySelectorAll(FIELD)];
const rowsOf = (root) => [...root.querySelectorAll("tbody tr")].filter((row) => row.querySelector(FIELD));
const read = (field) => ({ value: field.value, note: field.dataset.note ?? "" });
const isSame = (one, other) => one.value === other.value && one.note === other.note;
// As other spreadsheets read it: no thousands apart, and a plain minus sign.
const plain = (text) => (NUMBER.test(text) ? text.replaceAll(",", "").replace("−", "-") : text);

function write(field, state) {
  field.value = state.value;
  if (state.note || field.dataset.note) field.dataset.note = state.note;
}

// Where a cell begins and ends among the columns, so that a quarter lies above its months.
function place(cell) {
  let start = 0;
  for (let other = cell.previousElementSibling; other; other = other.previousElementSibling) start += other.colSpan;
  return { start, end: start + cell.colSpan };
}

class Grid {
  constructor(form) {
    this.form = form;
    // What the server showed, which is not what a refused form comes back with.
    this.seen = new Map(Object.entries(JSON.parse(form.elements.seen?.value || "{}")));
    this.steps = [];
    this.isEditing = false;
    const on = (type, handle) => form.addEventListener(type, (event) => event.target.closest(FIELD) && handle.call(this, event.target, event));
    on("keydown", this.onKey);
    on("focusin", this.come);
    on("focusout", this.leave);
    on("input", () => this.mark());
    on("mousedown", this.onPress);
    on("mouseover", this.onDrag);
    on("copy", this.onCopy);
    on("cut", this.onCut);
    on("paste", this.onPaste);
    form.querySelector("[data-undo]")?.addEventListener("click", () => this.undo());
    if (!("entry" in form.dataset)) form.addEventListener("submit", () => this.sendChanged());
    this.mark();
  }

  tell(type, detail) { this.form.dispatchEvent(new CustomEvent(`grid:${type}`, { detail })); }

  original(field) { return { value: this.seen.get(field.name) ?? field.defaultValue, note: this.seen.get(`${field.name}.note`) ?? "" }; }

  isChanged(field) { return field.name !== "" && !isSame(read(field), this.original(field)); }

  changed() { return [...this.form.querySelectorAll(FIELD)].filter((field) => this.isChanged(field)); }

  mark() {
    let changes = 0;
    this.form.querySelectorAll(FIELD).forEach((field) => {
      const isChanged = this.isChanged(field);
      field.classList.toggle("is-changed", isChanged);
      changes += isChanged ? 1 : 0;
    });
    const told = this.form.querySelector("[data-changes]");
    if (told) told.textContent = changes ? `${changes} changed, not saved yet` : "";
    const undo = this.form.querySelector("[data-undo]");
    if (undo) { undo.hidden = false; undo.disabled = !this.steps.length; }
  }

  // --- Coming, going, and what is remembered of it

  come(field) {
    this.before = read(field);
    this.isEditing = false;
    this.select(field, field);
    field.select();
    this.tell("at", { field });
  }

  leave(field) { return this.before ? this.commit([{ field, before: this.before }]) : false; }

  // Remember what was changed as one step to undo, and tell of it; whether there was anything.
  commit(changes) {
    const steps = changes.filter(({ field, before }) => !isSame(before, read(field)));
    if (!steps.length) return false;
    this.steps.push(steps);
    this.settle(steps.map(({ field }) => field));
    return true;
  }

  settle(fields) {
    if (document.activeElement?.matches(FIELD)) this.before = read(document.activeElement);
    this.isEditing = false;
    this.mark();
    this.tell("commit", { fields });
  }

  change(fields, value) {
    const changes = fields.map((field, number) => ({ field, before: read(field), value: value(field, number) }));
    changes.forEach(({ field, value: text }) => { field.value = text; });
    this.commit(changes);
  }

  undo() {
    const step = this.steps.pop();
    if (!step) { say("There is nothing to undo."); return; }
    step.forEach(({ field, before }) => write(field, before));
    this.settle(step.map(({ field }) => field));
    step[0].field.focus();
    say(step.length === 1 ? "1 cell is as it was before." : `${step.length} cells are as they were before.`);
  }

  // --- Keys

  onKey(field, event) {
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.key.toLowerCase() === "z" && !event.shiftKey) {
      // Within a field that is being typed into, the browser undoes the typing.
      if (!isSame(this.before, read(field))) return;
      event.preventDefault();
      this.undo();
    }
    if (isCommand || event.altKey) return;
    if (event.key === "F2") { event.preventDefault(); this.edit(field, event.shiftKey); }
    else if (event.key === "Escape") this.restore(field, event);
    else if (event.key === "Enter") this.enter(field, event);
    else if (event.key in ARROWS) this.arrow(field, event);
    else if (["Delete", "Backspace"].includes(event.key) && this.block().length > 1) { event.preventDefault(); this.clear(); }
  }

  edit(field, isNote) {
    if (isNote) { this.tell("note", { field }); return; }
    this.isEditing = true;
    field.setSelectionRange(field.value.length, field.value.length);
  }

  restore(field, event) {
    write(field, this.original(field));
    this.settle([field]);
    field.select();
    event.stopPropagation();
  }

  enter(field, event) {
    event.preventDefault();
    const next = this.beside(field, event.shiftKey ? -1 : 1);
    // What was refused is tried once more.
    if (!this.leave(field) && this.isChanged(field)) this.settle([field]);
    (next ?? field).focus();
    if (!next) field.select();
  }

  arrow(field, event) {
    const [down, across] = ARROWS[event.key];
    if (this.isEditing && across) return;
    event.preventDefault();
    const from = event.shiftKey ? this.head : field;
    const next = down ? this.beside(from, down) : this.along(from, across);
    if (next && event.shiftKey) this.select(field, next);
    else next?.focus();
  }

  along(field, step) {
    const fields = fieldsOf(field.closest("tr"));
    return fields[fields.indexOf(field) + step];
  }

  beside(field, step) {
    const rows = rowsOf(this.form);
    const { start, end } = place(field.closest("td"));
    for (let i = rows.indexOf(field.closest("tr")) + step; rows[i]; i += step) {
      const found = fieldsOf(rows[i]).find((other) => { const at = place(other.closest("td")); return at.start < end && at.end > start; });
      if (found) return found;
    }
    return undefined;
  }

  // --- Blocks: from the field that has the focus to another one of its table

  onPress(field, event) {
    if (event.button !== 0) return;
    const at = document.activeElement;
    if (at === field) { this.isEditing = true; this.select(field, field); return; }
    event.preventDefault();
    if (event.shiftKey && at?.matches(FIELD) && this.form.contains(at)) this.select(at, field);
    else field.focus();
  }

  onDrag(field, event) {
    const at = document.activeElement;
    if (event.buttons === 1 && at?.matches(FIELD) && !this.isEditing && this.head !== field) this.select(at, field);
  }

  select(anchor, head) {
    if (anchor.closest("table") !== head.closest("table")) return;
    this.anchor = anchor;
    this.head = head;
    this.form.querySelectorAll("td.is-selected").forEach((cell) => cell.classList.remove("is-selected"));
    if (anchor !== head) this.block().forEach((cell) => cell.classList.add("is-selected"));
  }

  // The cells of the block by rows; one row of one cell where only a field has the focus.
  rows() {
    const rows = rowsOf(this.anchor.closest("table"));
    const [first, last] = [rows.indexOf(this.anchor.closest("tr")), rows.indexOf(this.head.closest("tr"))].sort((a, b) => a - b);
    const [one, other] = [place(this.anchor.closest("td")), place(this.head.closest("td"))];
    const [start, end] = [Math.min(one.start, other.start), Math.max(one.end, other.end)];
    return rows.slice(first, last + 1).map((row) => cellsOf(row).filter((cell) => { const at = place(cell); return at.start < end && at.end > start; }));
  }

  block() { return this.anchor ? this.rows().flat() : []; }

  typable() { return this.block().map((cell) => cell.querySelector("input:not([readonly])")).filter(Boolean); }

  clear() { this.change(this.typable(), () => ""); }

  onCopy(field, event) {
    if (this.block().length < 2) return;
    event.preventDefault();
    const text = (cell) => plain(cell.querySelector("input")?.value ?? cell.firstChild?.textContent.trim() ?? "");
    event.clipboardData.setData("text/plain", this.rows().map((row) => row.map(text).join("\t")).join("\n"));
    say(`${this.block().length} cells copied.`);
  }

  onCut(field, event) {
    if (this.block().length < 2) return;
    this.onCopy(field, event);
    this.clear();
  }

  // Rows by line, cells by tab, as spreadsheets copy them; what does not fit is told.
  onPaste(field, event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const lines = text.replace(/\r?\n$/, "").split(/\r?\n/).map((line) => line.split("\t"));
    const isOne = lines.length === 1 && lines[0].length === 1;
    const isBlock = this.block().length > 1;
    if (isOne && !isBlock && !field.readOnly) return;
    event.preventDefault();
    const { fields, texts, left } = isOne ? { fields: this.typable(), texts: null, left: 0 } : this.fitted(lines);
    this.change(fields, (_, number) => (texts ? texts[number] : text.trim()));
    field.select();
    say(`${fields.length} cells pasted${left ? `, ${left} did not fit` : ""}.${"entry" in this.form.dataset ? "" : " Nothing is saved yet."}`);
  }

  // Which field each pasted text goes into, from the block's upper left corner.
  fitted(lines) {
    const corner = this.rows()[0][0];
    const rows = rowsOf(corner.closest("table"));
    const first = rows.indexOf(corner.closest("tr"));
    const from = place(corner).start;
    const found = { fields: [], texts: [], left: 0 };
    lines.forEach((texts, down) => {
      const cells = rows[first + down] ? cellsOf(rows[first + down]) : [];
      const start = cells.findIndex((cell) => place(cell).end > from);
      texts.forEach((text, across) => {
        const field = start < 0 ? null : cells[start + across]?.querySelector("input:not([readonly])");
        if (field) { found.fields.push(field); found.texts.push(text.trim()); }
        else found.left += text.trim() ? 1 : 0;
      });
    });
    return found;
  }

  // Only what was changed is sent.
  sendChanged() {
    this.mark();
    this.form.querySelectorAll(`${FIELD}:not([data-always], .is-changed)`).forEach((field) => { field.disabled = true; });
  }
}

document.querySelectorAll("form[data-grid]").forEach((form) => { form.grid = new Grid(form); });

// The page may come back from the browser's history with fields switched off by sending them.
addEventListener("pageshow", () => document.querySelectorAll(`form[data-grid] ${FIELD}`).forEach((field) => { field.disabled = false; }));
