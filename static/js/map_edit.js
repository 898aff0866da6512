// The strategy map edited in place: cards are dragged along their lane or moved with the arrow keys,
// links are drawn from the dot above a card. Every deed is saved at once; the server draws anew.
// Without it the forms beside the picture do the same.

const htmx = window.htmx;
const picture = () => document.getElementById("map-picture");
const live = (text) => { document.getElementById("live").textContent = text; };
const nodeOf = (target) => target.closest?.("#map-picture [data-node]");
const nameOf = (node) => node.querySelector("title").textContent;
let back = null; // the id of what has the focus again when the picture is drawn anew

// --- Asking the server

// One after the other: the picture that a deed starts from is the one that stands.
let chain = Promise.resolve();
function deed(values, source) {
  back = source?.id ?? null;
  const token = document.querySelector("#map-work [name=csrfmiddlewaretoken]").value;
  const address = picture().dataset.edit;
  chain = chain.then(() => htmx.ajax("POST", address, { target: "#map-work", swap: "outerHTML", values: { csrfmiddlewaretoken: token, ...values } }));
  return chain;
}

const panel = (address) => htmx.ajax("GET", address, { target: "#panel", swap: "outerHTML" });

// What is wrong comes as the panel, with the status that says so.
document.addEventListener("htmx:beforeSwap", (event) => {
  if ([409, 422].includes(event.detail.xhr.status)) { event.detail.shouldSwap = true; event.detail.isError = false; }
});

// The Undo beside what was said is a plain form: here it draws anew what is around it, too.
document.addEventListener("submit", (event) => {
  const form = event.target.closest(".undo");
  if (!form) return;
  event.preventDefault();
  back = null;
  htmx.ajax("POST", form.getAttribute("action"), { target: "#map-work", swap: "outerHTML", values: Object.fromEntries(new FormData(form)) });
  form.closest("main > [role=status]")?.remove();
});

document.addEventListener("htmx:afterSettle", (event) => {
  const said = document.querySelector("[data-said]");
  const wrong = document.querySelector("#panel [role=alert]");
  const at = back && document.getElementById(back);
  const target = event.detail.target?.id ?? event.detail.elt.id;
  back = null;
  if (wrong) { said?.remove(); (document.querySelector("#panel [aria-invalid]") ?? document.getElementById("panel-title")).focus(); return; }
  if (target === "map-work" && said) live(said.querySelector("li").firstChild.textContent.trim());
  if (at) { at.focus({ preventScroll: true }); return; }
  if (target === "map-work") said?.focus();
  else (document.querySelector("#panel [name=effect]") ?? document.getElementById("panel-title"))?.focus({ preventScroll: innerWidth > 1180 });
});

// --- Choosing: a card opens its links, a link its form

let wasDragged = false;
document.addEventListener("click", (event) => {
  const link = event.target.closest("#map-picture a, #map-work [data-panel]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!wasDragged) panel(link.getAttribute("href"));
  wasDragged = false;
});

// --- Where a card stands

const span = () => Number(picture().dataset.span);
const unitsPerPixel = () => picture().viewBox.baseVal.width / picture().getBoundingClientRect().width;
const within = (share) => Math.min(Math.max(share, 0), 1);

function shift(node, share) {
  node.dataset.now = String(share);
  node.setAttribute("transform", `translate(${((share - Number(node.dataset.share)) * span()).toFixed(1)} 0)`);
}

function place(node) {
  const share = node.dataset.now;
  if (share === undefined || Number(share) === Number(node.dataset.share)) return;
  delete node.dataset.now;
  deed({ do: "place", objective: node.dataset.node, x: Number(share).toFixed(4) }, node);
}

let waiting = null;
document.addEventListener("keydown", (event) => {
  const node = nodeOf(event.target);
  const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === "Escape") stop();
  if (!node || !way || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  shift(node, within(Number(node.dataset.now ?? node.dataset.share) + way * (event.shiftKey ? 0.1 : 0.02)));
  clearTimeout(waiting);
  waiting = setTimeout(() => place(node), 500);
});
document.addEventListener("focusout", (event) => {
  const node = nodeOf(event.target);
  if (node?.dataset.now !== undefined && !drag) { clearTimeout(waiting); place(node); }
});

// --- Dragging: a card along its lane, or a line from its dot to another card

let drag = null;

document.addEventListener("dragstart", (event) => { if (nodeOf(event.target)) event.preventDefault(); });
document.addEventListener("pointerdown", (event) => {
  const node = nodeOf(event.target);
  wasDragged = false;
  if (!node || event.button) return;
  event.preventDefault();
  node.focus({ preventScroll: true });
  picture().setPointerCapture(event.pointerId);
  drag = { node, start: event.clientX, share: Number(node.dataset.share), draws: event.target.matches(".m-handle"), isMoving: false, pointer: event.pointerId };
});

document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  if (!drag.isMoving && Math.abs(event.clientX - drag.start) < 4 && !drag.draws) return;
  drag.isMoving = true;
  drag.node.classList.add("is-moving");
  if (drag.draws) draw(event);
  else shift(drag.node, within(drag.share + ((event.clientX - drag.start) * unitsPerPixel()) / span()));
});

function draw(event) {
  const svg = picture();
  const box = svg.getBoundingClientRect();
  const handle = drag.node.querySelector(".m-handle");
  drag.line ??= svg.appendChild(Object.assign(document.createElementNS("http://www.w3.org/2000/svg", "path"), {}));
  drag.line.setAttribute("class", "m-draft");
  const x = (event.clientX - box.left) * unitsPerPixel();
  const y = (event.clientY - box.top) * unitsPerPixel();
  drag.line.setAttribute("d", `M${handle.getAttribute("cx")} ${handle.getAttribute("cy")}L${x.toFixed(1)} ${y.toFixed(1)}`);
  const target = nodeAt(event);
  svg.querySelectorAll(".takes").forEach((each) => each.classList.remove("takes"));
  target?.classList.add("takes");
}

function nodeAt(event) {
  const found = document.elementsFromPoint(event.clientX, event.clientY).map(nodeOf).find(Boolean);
  return found === drag.node ? undefined : found;
}

document.addEventListener("pointerup", (event) => {
  if (!drag) return;
  const { node, draws, isMoving } = drag;
  const target = draws && isMoving ? nodeAt(event) : null;
  const shared = node.dataset.now;
  // The click goes to what captured the pointer: the card or link is opened from here.
  if (!isMoving) { stop(); panel(node.getAttribute("href")); return; }
  stop();
  if (target) deed({ do: "add", cause: node.dataset.node, effect: target.dataset.node }, null);
  else if (!draws) { node.dataset.now = shared; place(node); }
  else live(`Nothing is linked: end on the card of what “${nameOf(node)}” brings about.`);
});
document.addEventListener("pointercancel", () => { if (drag) { drag.node.removeAttribute("transform"); delete drag.node.dataset.now; } stop(); });

function stop() {
  if (!drag) return;
  wasDragged = true;
  setTimeout(() => { wasDragged = false; }, 0);
  drag.node.classList.remove("is-moving");
  drag.line?.remove();
  picture().querySelectorAll(".takes").forEach((each) => each.classList.remove("takes"));
  drag = null;
}
