// Values save themselves: what is typed, pasted or undone in the grid is sent as soon as its cell is
// left, and each cell says what became of it. What could not be saved stays, here and over a reload.

const form = document.querySelector("form[data-entry]");
const NOTE = ".note";
const say = (text) => { document.getElementById("live").textContent = text; };
const counted = (count, one, many) => (count === 1 ? `1 ${one}` : `${count} ${many}`);

class SignedOut extends Error {}
class Refused extends Error {}

class Entry {
  constructor() {
    this.grid = form.grid;
    this.waiting = new Set();
    this.sent = new Map();
    this.isBusy = false;
    this.part = (name) => form.querySelector(`[data-${name}]`);
    this.key = `values ${form.dataset.entry} ${location.pathname}`;
    this.part("bar").hidden = false;
    form.addEventListener("grid:commit", (event) => this.take(event.detail.fields));
    form.addEventListener("grid:at", (event) => this.tellOf(event.detail.field));
    form.addEventListener("grid:note", () => this.part("bar-note").focus());
    form.addEventListener("input", () => this.keep());
    form.addEventListener("submit", (event) => { event.preventDefault(); this.take(this.grid.changed()); });
    form.addEventListener("click", (event) => this.choose(event));
    this.part("bar-note").addEventListener("change", () => this.noted());
    this.part("bar-note").addEventListener("keydown", (event) => this.onNoteKey(event));
    addEventListener("online", () => this.take(this.grid.changed()));
    addEventListener("focus", () => { if (this.isSignedOut) this.take(this.grid.changed()); });
    addEventListener("beforeunload", (event) => { if (this.grid.changed().length) event.preventDefault(); });
    this.bringBack();
  }

  // --- Saving

  take(fields) {
    fields.forEach((field) => {
      // What is on its way already is not sent again behind an answer that nobody has read yet.
      if (this.sent.has(field) && this.sent.get(field) === field.value + field.dataset.note) return;
      if (this.grid.isChanged(field)) this.waiting.add(field);
      else { this.waiting.delete(field); this.complain(field, ""); }
    });
    this.keep();
    this.send();
  }

  async send() {
    if (this.isBusy || !this.waiting.size) { this.tellState(); return; }
    const fields = [...this.waiting];
    this.waiting.clear();
    this.isBusy = true;
    this.tellState("Saving …");
    const typed = new Map(fields.map((field) => [field, { value: field.value, note: field.dataset.note }]));
    this.sent = new Map(fields.map((field) => [field, field.value + field.dataset.note]));
    try {
      const cells = await this.post(fields);
      this.fail("");
      fields.forEach((field) => this.answer(field, typed.get(field), cells[field.name]));
      this.tellOfAll(fields, cells);
    } catch (problem) {
      // Kept for the next time that something is sent.
      fields.forEach((field) => this.waiting.add(field));
      this.tellFailure(problem);
    }
    this.isBusy = false;
    this.sent.clear();
    this.grid.mark();
    this.keep();
    if (this.waiting.size && this.part("failure").hidden) this.send();
    else this.tellState();
  }

  async post(fields, isAgain = false) {
    const body = new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
    const seen = {};
    fields.forEach((field) => {
      const shown = this.grid.original(field);
      const note = field.dataset.note ?? "";
      seen[field.name] = shown.value;
      body.set(field.name, field.value);
      if (note !== shown.note || (note && !shown.value)) { body.set(field.name + NOTE, note); seen[field.name + NOTE] = shown.note; }
    });
    body.set("seen", JSON.stringify(seen));
    const answer = await fetch(location.href, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
    if (answer.type === "opaqueredirect") throw new SignedOut();
    // Whoever signed in again, in another tab, needs the new token of the form.
    if (answer.status === 403 && !isAgain) { await this.renew(); return this.post(fields, true); }
    if (answer.status === 403) throw new Refused();
    if (!answer.ok) throw new Error(answer.status);
    return (await answer.json()).cells;
  }

  async renew() {
    const answer = await fetch(location.href, { redirect: "manual" });
    if (answer.type === "opaqueredirect") throw new SignedOut();
    if (!answer.ok) throw new Refused();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("form[data-entry] [name=csrfmiddlewaretoken]");
    if (!token) throw new Refused();
    form.elements.csrfmiddlewaretoken.value = token.value;
  }

  // --- What became of it

  answer(field, sent, told) {
    if (!told) return;
    if ("text" in told) {
      this.grid.seen.set(field.name, told.text);
      this.grid.seen.set(field.name + NOTE, told.note);
      this.draw(field, told);
    }
    const isDone = told.state === "saved" || told.state === "unchanged";
    // Who has typed on meanwhile keeps that; it is sent next, but not over what was not read yet.
    if (told.state === "stale") this.waiting.delete(field);
    if (isDone && field.value === sent.value) field.value = told.text;
    if (isDone && field.dataset.note === sent.note) this.setNote(field, told.note);
    field.closest("td").classList.toggle("is-saved", told.state === "saved");
    this.complain(field, isDone ? "" : told.wrong, told.state === "stale" ? told.text : null);
    if (told.read_as) this.remark(field, `read as ${told.read_as}`);
  }

  draw(field, told) {
    const cell = field.closest("td");
    cell.classList.remove("due", "open", "said");
    cell.classList.add(told.kind);
    field.placeholder = told.hint;
    field.title = `${told.label} · ${told.about}${told.note ? `\n${told.note}` : ""}`;
    const row = field.closest("tr");
    const state = row.querySelector(".o-state");
    if (state) { state.textContent = told.about; state.classList.toggle("is-due", told.kind === "due"); }
    if (!row.querySelector("td.due")) row.querySelector(".due-tag")?.remove();
    const due = form.querySelectorAll("td.due").length;
    document.querySelector("[data-due]").textContent = due ? `${counted(due, "value is", "values are")} due` : "Nothing is due here any more";
  }

  setNote(field, note) {
    field.dataset.note = note;
    field.closest("td").classList.toggle("has-note", Boolean(note));
  }

  // Why a cell was refused stands in the cell; theirs: what somebody else wrote meanwhile.
  complain(field, wrong, theirs = null) {
    const cell = field.closest("td");
    cell.querySelectorAll(".wrong, .remark").forEach((part) => part.remove());
    cell.classList.toggle("is-wrong", Boolean(wrong));
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    if (!wrong) return;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `wrong-${field.name}`);
    const part = document.createElement("span");
    part.className = "wrong";
    part.id = `wrong-${field.name}`;
    part.textContent = wrong;
    cell.append(part);
    if (theirs !== null) part.append(this.button("keep", "Keep mine"), this.button("take", theirs ? `Take ${theirs}` : "Leave it empty"));
    cell.classList.remove("is-saved");
  }

  button(deed, text) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button small", textContent: text });
    button.dataset[deed] = "";
    return button;
  }

  remark(field, text) {
    const part = document.createElement("span");
    part.className = "remark";
    part.textContent = text;
    field.closest("td").append(part);
  }

  choose(event) {
    const button = event.target.closest("[data-keep], [data-take]");
    if (!button) return;
    const field = button.closest("td").querySelector("input");
    if ("take" in button.dataset) { const theirs = this.grid.original(field); field.value = theirs.value; this.setNote(field, theirs.note); }
    this.grid.settle([field]);
    field.focus();
  }

  tellOfAll(fields, cells) {
    const count = (state) => fields.filter((field) => cells[field.name]?.state === state).length;
    const saved = count("saved");
    const refused = count("refused") + count("stale");
    const read = fields.map((field) => cells[field.name]?.read_as).filter(Boolean);
    say([
      saved ? `${counted(saved, "value", "values")} saved${read.length === 1 ? `, read as ${read[0]}` : ""}` : "",
      refused ? `${counted(refused, "cell was", "cells were")} refused: ${fields.map((field) => cells[field.name]?.wrong).find(Boolean)}` : "",
    ].filter(Boolean).join("; "));
    if (saved) this.followScores(fields.filter((field) => cells[field.name]?.state === "saved").at(-1));
  }

  // The scores above are those of the period that the last saved value belongs to.
  followScores(field) {
    if (!document.getElementById("scores")) return;
    const address = `${location.pathname}?scores=${field.name.split(".").at(-1)}`;
    window.htmx?.ajax("GET", address, { target: "#scores", swap: "outerHTML" });
  }

  tellState(text) {
    const changed = this.grid.changed().length;
    this.part("state").textContent = text ?? (changed ? `${counted(changed, "cell is", "cells are")} not saved` : "All is saved");
  }

  tellFailure(problem) {
    this.isSignedOut = problem instanceof SignedOut;
    if (this.isSignedOut) this.fail("You are signed out. What you typed is still here: sign in in another tab, and come back.");
    else if (problem instanceof Refused) this.fail("You may not enter values here any more. What you typed is still here, and is not saved.");
    else this.fail(navigator.onLine ? "Saving did not work. What you typed is still here." : "No connection. What you typed is still here, and is sent when there is one.");
  }

  fail(text) {
    if (!text) this.isSignedOut = false;
    this.part("failure").hidden = !text;
    this.part("failure-text").textContent = text;
    this.part("sign-in").hidden = !this.isSignedOut;
  }

  // --- The bar: who said the value of the cell when, its note, the page of its KPI

  tellOf(field) {
    this.at = field;
    const [label, ...about] = field.title.split("\n")[0].split(" · ");
    this.part("at").textContent = field.getAttribute("aria-label");
    this.part("about").textContent = about.join(" · ");
    this.part("bar-note").value = field.dataset.note ?? "";
    this.part("bar-note").readOnly = field.readOnly;
    const kpi = this.part("kpi");
    kpi.hidden = false;
    kpi.href = field.closest("tr").dataset.href + (field.closest("td").matches(".follows") ? "" : `&edit=${encodeURIComponent(label)}#record`);
  }

  onNoteKey(event) {
    if (event.key === "Escape") { event.target.value = this.at?.dataset.note ?? ""; event.stopPropagation(); }
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    this.at?.focus();
  }

  noted() {
    const field = this.at;
    if (!field || field.readOnly) return;
    const before = { value: field.value, note: field.dataset.note ?? "" };
    this.setNote(field, this.part("bar-note").value.trim());
    this.grid.commit([{ field, before }]);
  }

  // --- Nothing typed is lost: what is not saved outlives the page within its tab

  keep() {
    const kept = this.grid.changed().map((field) => ({ name: field.name, label: field.getAttribute("aria-label"), now: { value: field.value, note: field.dataset.note ?? "" }, seen: this.grid.original(field) }));
    try {
      if (kept.length) sessionStorage.setItem(this.key, JSON.stringify(kept));
      else sessionStorage.removeItem(this.key);
    } catch { /* Without storage, leaving the page asks first. */ }
  }

  bringBack() {
    let kept = [];
    try { kept = JSON.parse(sessionStorage.getItem(this.key) ?? "[]"); } catch { /* Nothing was kept. */ }
    const lost = [];
    kept.forEach(({ name, label, now, seen }) => {
      const field = form.querySelector(`td.t-cell > input[name="${CSS.escape(name)}"]`);
      if (!field) { lost.push(`${label}: ${now.value}`); return; }
      field.value = now.value;
      this.setNote(field, now.note);
      this.grid.seen.set(name, seen.value);
      this.grid.seen.set(name + NOTE, seen.note);
    });
    this.grid.mark();
    this.tellState();
    if (!kept.length) return;
    const gone = lost.length ? ` Not to be typed here any more: ${lost.join("; ")}.` : "";
    this.fail(`What you typed before is here again, and not saved yet.${gone}`);
  }
}

if (form?.grid) new Entry();
