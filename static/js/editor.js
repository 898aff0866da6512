// The board edited in place: a row saves itself when a field of it is left or Enter is pressed, Esc
// restores it, and parts are dragged or moved with the arrow keys. What could not be saved stays.
// Without it the same fields are sent whole, and buttons move what hangs elsewhere.

const editor = () => document.getElementById("editor");
const live = (text) => { document.getElementById("live").textContent = text; };
const fields = () => [...document.querySelectorAll("#editor [form=f]:is(input, select, textarea)")];
const isTyped = (element) => element.matches?.("#editor [form=f]:is(input, select, textarea)");
const named = (name) => fields().find((field) => field.name === name);
// A field that is shown with something else than what stands says what stands.
const shownOf = (field) => field.tagName === "SELECT" ? [...field.options].find((option) => option.defaultSelected)?.value ?? "" : field.defaultValue;
const storedOf = (field) => field.dataset.stored ?? shownOf(field);
const isChanged = (field) => field.value !== storedOf(field);
const changed = () => fields().filter(isChanged);
// A row is known by its key, which is the id of its line; its panel names it.
const keyOf = (element) => element.closest("#panel")?.dataset.key ?? element.closest(".e-row").id;
const fieldsOf = (key) => fields().filter((field) => keyOf(field) === key);

document.documentElement.classList.add("edits");

// What moves a row is of no use without scripts.
function addHandles() {
  document.querySelectorAll("#editor :is(.e-perspective, .e-objective, .e-kpi):not(:has(.handle))").forEach((row) => {
    const handle = document.createElement("button");
    const name = row.querySelector(".e-name > input, .e-name > a");
    Object.assign(handle, { type: "button", className: "handle", id: `handle.${row.id}` });
    handle.setAttribute("aria-label", `Move ${name.dataset.stored ?? name.defaultValue ?? name.textContent}`);
    handle.setAttribute("aria-describedby", "moving");
    row.prepend(handle);
  });
  document.querySelectorAll("#editor .e-weight > input").forEach((field) => { field.inputMode = "decimal"; });
}
addHandles();

// --- Asking the server, one thing after the other: the version that is sent is the newest one

let chain = Promise.resolve();
const queued = (task) => { chain = chain.then(task).catch(fail); return chain; };

class SignedOut extends Error {}

async function ask(address, { body, part = "editor" } = {}) {
  const headers = { "HX-Request": "true", "HX-Target": part };
  const answer = await fetch(address, { method: body ? "POST" : "GET", body, headers, redirect: "manual" });
  if (answer.type === "opaqueredirect") throw new SignedOut();
  if (!answer.ok && ![409, 422].includes(answer.status)) throw new Error(answer.status);
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  return [...holder.content.children];
}

function fail(problem) {
  const bar = document.getElementById("said");
  const text = problem instanceof SignedOut
    ? "You are signed out. What you typed is still here: sign in in another tab, and save again."
    : navigator.onLine ? "That did not work. What you typed is still here." : "No connection. What you typed is still here.";
  bar.hidden = false;
  bar.classList.add("is-wrong");
  bar.replaceChildren(text);
  live(text);
}

// Put each part in the place of the one with its id; keep what was typed on meanwhile.
let isPutting = false; // browsers tell of a change when a field that has the focus is taken away

function put(parts, sent = new Map()) {
  isPutting = true;
  const at = document.activeElement;
  const kept = changed().filter((field) => sent.get(field.name) !== field.value).map((field) => [field.name, field.value]);
  const added = [...document.querySelectorAll("#editor .e-add [name=name]")].filter((field) => field.value && sent.get(field.id) !== field.value).map((field) => [field.id, field.value]);
  parts.forEach((part) => {
    if (part.dataset.of) { document.getElementById(part.dataset.of).querySelector(".e-share").textContent = part.textContent; return; }
    document.getElementById(part.id)?.replaceWith(part);
    window.htmx?.process(part);
  });
  addHandles();
  kept.forEach(([name, value]) => { const field = named(name); if (field) field.value = value; });
  added.forEach(([id, value]) => { const field = document.getElementById(id); if (field && !field.value) field.value = value; });
  comeBack(at);
  isPutting = false;
  tell();
}

// To where the focus was, if that was taken away.
function comeBack(at) {
  if (!at || at.isConnected) return;
  const again = (at.id && document.getElementById(at.id)) || (at.name && named(at.name));
  if (!again) return;
  again.focus({ preventScroll: true });
  if (at.selectionStart != null && again.setSelectionRange) again.setSelectionRange(at.selectionStart, at.selectionEnd);
}

function tell() {
  const text = document.querySelector("#said [data-said]")?.textContent.trim();
  if (text) live(text);
}

const token = () => document.querySelector("#f [name=csrfmiddlewaretoken]").value;

// --- Saving a row

function save(key, extra = {}) {
  return queued(async () => {
    const own = fieldsOf(key);
    const sent = new Map(own.map((field) => [field.name, field.value]));
    const body = new FormData();
    body.set("csrfmiddlewaretoken", token());
    body.set(`${key}.version`, document.getElementById(key).dataset.version);
    own.forEach((field) => body.set(field.name, field.value));
    Object.entries(extra).forEach(([name, value]) => body.set(name, value));
    put(await ask(location.href, { body }), sent);
  });
}

// What stands is shown again, and what was wrong with the other is not said any more.
function restore(field) {
  field.value = storedOf(field);
  field.removeAttribute("aria-invalid");
  document.getElementById(`said-${field.name}`)?.remove();
  document.getElementById("said").hidden = true;
}

document.addEventListener("change", (event) => {
  if (isPutting) return;
  if (isTyped(event.target) && isChanged(event.target)) save(keyOf(event.target));
  if (event.target.closest("[data-period]")) event.target.form.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (isTyped(field)) {
    if (event.key === "Escape" && isChanged(field)) { restore(field); event.stopPropagation(); }
    if (event.key === "Enter" && (field.tagName !== "TEXTAREA" || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (isChanged(field)) save(keyOf(field));
    }
  }
  if (field.matches?.(".handle") && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    move(keyOf(field), event.key === "ArrowUp" ? "up" : "down");
  }
});

// A field that comes by its first click or Tab is ready to be typed over.
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("#editor .e-weight input")) event.target.select();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-keep], [data-take]");
  if (button) {
    const field = named(button.dataset.keep ?? button.dataset.take);
    if ("take" in button.dataset) restore(field);
    else save(keyOf(field));
    field.focus();
  }
  const clears = event.target.closest("#editor button[form=f]");
  if (clears) {
    event.preventDefault();
    save(keyOf(clears), { [clears.name]: clears.value });
  }
  const link = event.target.closest("#editor .e-more, #editor [data-open]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    toggle(link);
  }
});

// --- The panel beneath a row

function toggle(link) {
  const seeks = link.dataset.open; // the objective that wants a KPI
  const key = seeks ?? keyOf(link);
  const isOpen = document.getElementById("panel")?.dataset.key === key;
  if (isOpen && seeks) { document.getElementById("find").focus(); return; }
  queued(async () => {
    const address = new URL(editor().dataset.plain, location.href);
    if (!isOpen) address.searchParams.set("open", key);
    const [panel] = isOpen ? [] : await ask(address, { part: "panel" });
    shut();
    history.replaceState(history.state, "", address);
    if (!panel) { live("Closed."); return; }
    const row = document.getElementById(key);
    row.after(panel);
    row.querySelector(".e-more").setAttribute("aria-current", "true");
    window.htmx?.process(panel);
    (seeks ? document.getElementById("find") : panel.querySelector("textarea, button, input, select"))?.focus();
  });
}

function shut() {
  document.getElementById("panel")?.remove();
  document.querySelectorAll(".e-more[aria-current]").forEach((more) => more.removeAttribute("aria-current"));
}

// --- Deeds: adding, removing, undoing, moving

function deed(body, sent = new Map()) {
  return queued(async () => {
    put(await ask(location.href, { body }), sent);
    const page = editor();
    history.replaceState(history.state, "", page.dataset.here);
    const target = !page.dataset.focus ? null : document.getElementById(page.dataset.focus);
    if (target?.matches(".e-row")) target.tabIndex = -1;
    target?.focus();
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-deed]");
  if (form) {
    event.preventDefault();
    const name = form.querySelector(".e-add [name=name], [name=name]");
    deed(new FormData(form, event.submitter), name ? new Map([[name.id, name.value]]) : undefined);
  }
  if (event.target.id === "f") event.preventDefault();
});

function move(key, how, more = {}) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", token());
  Object.entries({ do: how, key, ...more }).forEach(([name, value]) => body.set(name, value));
  return deed(body);
}

// --- Dragging, with any pointer

let dragged = null;

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("#editor .handle");
  if (!handle || event.button) return;
  event.preventDefault();
  handle.focus();
  handle.setPointerCapture(event.pointerId);
  dragged = { item: handle.closest("li"), kind: keyOf(handle).split(".")[0], start: event.clientY, isMoving: false };
});

document.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  if (!dragged.isMoving && Math.abs(event.clientY - dragged.start) < 5) return;
  dragged.isMoving = true;
  dragged.item.classList.add("is-dragged");
  const edge = 60;
  if (event.clientY < edge) scrollBy(0, -12);
  else if (event.clientY > innerHeight - edge) scrollBy(0, 12);
  mark(placeAt(event.clientY));
});

// The list of the right kind beneath the pointer, and the part that it would stand before there.
function placeAt(y) {
  const { item, kind } = dragged;
  const lists = [...document.querySelectorAll(`#editor [data-list="${kind}"]`)];
  const reach = (list) => (list.closest("li") ?? list).getBoundingClientRect();
  const list = lists.findLast((each) => reach(each).top <= y) ?? lists[0];
  const before = [...list.children].find((each) => {
    const line = each.querySelector(".e-row").getBoundingClientRect();
    const whole = each.getBoundingClientRect();
    return each !== item && y < (kind === "kpi" ? line.top + line.height / 2 : whole.top + Math.min(whole.height, 60) / 2);
  });
  return { list, before };
}

function mark(place) {
  document.querySelectorAll("#editor .takes, #editor .takes-last").forEach((each) => each.classList.remove("takes", "takes-last"));
  if (!place) return;
  dragged.place = place;
  if (place.before) place.before.classList.add("takes");
  else place.list.classList.add("takes-last");
}

function drop() {
  if (!dragged) return;
  const { item, place, isMoving } = dragged;
  stop();
  if (!isMoving || !place || (place.list === item.parentElement && place.before === nextOf(item))) return;
  move(lineOf(item), "place", { parent: place.list.dataset.parent, before: place.before ? lineOf(place.before) : "" });
}

const lineOf = (item) => item.querySelector(".e-row").id;
const nextOf = (item) => item.nextElementSibling ?? undefined;

function stop() {
  dragged?.item.classList.remove("is-dragged");
  mark(null);
  dragged = null;
}
document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", stop);
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && dragged) stop(); });

addEventListener("beforeunload", (event) => { if (changed().length) event.preventDefault(); });
