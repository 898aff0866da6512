// The tree of units: levels open and close in place, and a unit is dragged onto another one.
// Without it, links open levels and a form moves units.

const htmx = window.htmx;
const tree = document.querySelector("[data-tree]");
const rowOf = (target) => target.closest?.("[data-unit]");
let dragged = null;

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("a.toggle");
  if (!toggle) return;
  event.preventDefault();
  const isOpen = toggle.getAttribute("aria-expanded") !== "true";
  toggle.setAttribute("aria-expanded", String(isOpen));
  document.getElementById(toggle.getAttribute("aria-controls")).hidden = !isOpen;
});

// A link that acts as a button answers to the space bar, too.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches?.("a.toggle")) return;
  event.preventDefault();
  event.target.click();
});

// Not onto itself, what is beneath it, or where it hangs already.
function mayTake(row) {
  if (!dragged || !row || !row.hasAttribute("data-takes")) return false;
  const item = dragged.closest("li");
  return !item.contains(row) && item.parentElement.closest("li")?.querySelector("[data-unit]") !== row;
}

const clear = () => tree.querySelectorAll(".takes").forEach((row) => row.classList.remove("takes"));

tree?.addEventListener("dragstart", (event) => {
  dragged = rowOf(event.target);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.unit);
});
tree?.addEventListener("dragover", (event) => {
  clear();
  const row = rowOf(event.target);
  if (!mayTake(row)) return;
  event.preventDefault();
  row.classList.add("takes");
});
tree?.addEventListener("dragend", () => { clear(); dragged = null; });
tree?.addEventListener("drop", (event) => {
  const row = rowOf(event.target);
  if (!mayTake(row)) return;
  event.preventDefault();
  const query = new URLSearchParams({ unit: dragged.dataset.unit, to: row.dataset.unit });
  htmx.ajax("GET", `${location.pathname}?${query}`, { target: "#panel", swap: "outerHTML" });
});

// What the panel shows is announced by its title; the chosen unit is marked in the tree.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "panel") return;
  const title = document.querySelector("#move-title[data-asks]") ?? document.getElementById("panel-title");
  title?.focus({ preventScroll: window.innerWidth > 980 });
  const chosen = document.querySelector("#panel [name=unit]")?.value;
  tree?.querySelectorAll("[data-unit]").forEach((row) => {
    row.classList.toggle("is-selected", row.dataset.unit === chosen);
    const name = row.querySelector(".tree-name");
    if (row.dataset.unit === chosen) name.setAttribute("aria-current", "true");
    else name.removeAttribute("aria-current");
  });
});
