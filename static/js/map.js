// The strategy map: what leads to an objective and what it leads to lights up where it is pointed
// at or has the focus. Without it the same stands in the words of each objective.

const picture = () => document.getElementById("map-picture");

// All codes that are reached from one, along the links or against them.
function reached(from, there, back) {
  const found = new Set([from]);
  const links = [...picture().querySelectorAll("a[data-cause]")];
  for (let size = 0; size !== found.size;) {
    size = found.size;
    links.forEach((link) => { if (found.has(link.dataset[there])) found.add(link.dataset[back]); });
  }
  return found;
}

function light(target) {
  const svg = picture();
  if (!svg) return;
  const node = target?.closest?.("[data-node]");
  const pair = target?.closest?.("[data-cause]");
  svg.classList.toggle("has-lit", Boolean(node ?? pair));
  const isIn = !node ? (link) => pair && link.cause === pair.dataset.cause && link.effect === pair.dataset.effect : within(node.dataset.node);
  const ends = new Set(node ? [node.dataset.node] : [pair?.dataset.cause, pair?.dataset.effect]);
  svg.querySelectorAll("[data-cause]").forEach((link) => {
    const lit = isIn(link.dataset);
    link.classList.toggle("is-lit", Boolean(lit));
    if (lit) ends.add(link.dataset.cause).add(link.dataset.effect);
  });
  svg.querySelectorAll("[data-node]").forEach((each) => each.classList.toggle("is-lit", ends.has(each.dataset.node)));
}

// Upstream and downstream of one objective; not what merely shares a cause with it.
function within(code) {
  const down = reached(code, "cause", "effect");
  const up = reached(code, "effect", "cause");
  return (link) => (down.has(link.cause) && down.has(link.effect)) || (up.has(link.cause) && up.has(link.effect));
}

const seen = (target) => target?.closest?.("#map-picture [data-node], #map-picture [data-cause], .hypotheses [data-cause]");
document.addEventListener("pointerover", (event) => light(seen(event.target) ?? seen(document.activeElement)));
document.addEventListener("focusin", (event) => light(seen(event.target)));
document.addEventListener("focusout", () => light(null));

// A card explains its score beside the picture, as the board does; the page that edits opens its own.
document.addEventListener("click", async (event) => {
  const node = event.target.closest?.("#map-picture:not(.is-edited) a[data-node]");
  if (!node || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await window.htmx.ajax("GET", node.getAttribute("href"), { target: "#trace", source: node });
  history.pushState({ htmx: true }, "", node.getAttribute("href"));
  bring(node);
});

// On a narrow screen the frame begins at the lanes' names, or at the card that is explained.
function bring(node) {
  const frame = node?.closest(".map-frame");
  if (!frame) return;
  const [card, whole] = [node.getBoundingClientRect(), frame.getBoundingClientRect()];
  frame.scrollLeft += card.x + card.width / 2 - whole.x - whole.width / 2;
}
const explained = new URLSearchParams(location.search).get("trace")?.match(/^objective:(.+)$/);
if (explained) bring(document.getElementById(`node-${explained[1]}`));
