// Small helps around every page. Nothing here is needed to read a page or to send a form.

const live = (text) => { document.getElementById("live").textContent = text; };
const closeMenus = (kept) => document.querySelectorAll("details[open].menu, details[open].pop").forEach((menu) => {
  if (!menu.contains(kept)) menu.open = false;
});

// What only works with scripts shows only with scripts.
const reveal = (root) => root.querySelectorAll("[data-print][hidden], [data-copy][hidden]").forEach((button) => { button.hidden = false; });
reveal(document);

let opener = null; // the score whose trace is open
markOpen(location.href);

function closeTrace(link) {
  const code = opener?.getAttribute("href");
  document.getElementById("trace").replaceChildren();
  history.pushState({ htmx: true }, "", link.href);
  markOpen(null);
  // The board may have been refreshed meanwhile: find the same score again.
  (opener?.isConnected ? opener : [...document.querySelectorAll("#board a")].find((a) => a.getAttribute("href") === code))?.focus();
}

function markOpen(href) {
  document.querySelectorAll("#board :is(.score, .number) a").forEach((link) => {
    if (link.href === href) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
}

document.addEventListener("click", async (event) => {
  closeMenus(event.target);
  const button = event.target.closest("[data-print], [data-copy], #trace [data-close]");
  if (!button) return;
  if (button.matches("[data-print]")) window.print();
  if (button.matches("[data-close]")) { event.preventDefault(); closeTrace(button); }
  if (button.matches("[data-copy]")) copy(document.getElementById(button.dataset.copy));
});

async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    live("Copied.");
  } catch {
    // Without permission (or HTTPS) the text is selected, ready for the keyboard.
    getSelection().selectAllChildren(source);
    live("Selected: copy it with the keyboard.");
  }
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-slash]");
    if (search) { event.preventDefault(); search.select(); search.focus(); }
  }
  if (event.key === "Enter" && event.target.dataset?.enter) {
    // In a larger form this field has a button of its own.
    event.preventDefault();
    document.getElementById(event.target.dataset.enter).click();
  }
  if (event.key === "Escape") escape(event);
});

function escape(event) {
  const menu = event.target.closest("details.menu[open], details.pop[open]") ?? document.querySelector("details.menu[open], details.pop[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
  const close = document.querySelector("#trace [data-close]");
  if (close) closeTrace(close);
}

// The unit switcher opens on its search; Enter goes to the first unit that was found.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("[data-switcher][open]")) event.target.querySelector("input").focus();
}, true);
document.addEventListener("submit", (event) => {
  const found = event.target.closest("[data-switcher]")?.querySelector("ul");
  const first = found?.querySelector("a");
  if (first && found.dataset.query === event.target.elements.q.value) { event.preventDefault(); first.click(); }
});

// A trace that arrives is announced and can be read at once; Esc leads back to its score.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id === "trace") opener = event.detail.elt;
});
document.addEventListener("htmx:afterSwap", (event) => {
  reveal(document);
  if (event.detail.target.id !== "trace") return;
  markOpen(opener?.href);
  event.detail.target.querySelector("h2")?.focus({ preventScroll: window.innerWidth > 1180 });
});
// On paper nothing can be opened: a trace prints with its parts, down to the names of the KPIs.
const folded = () => document.querySelectorAll("#trace details:not([open]):has(.nodes)");
let opened = [];
addEventListener("beforeprint", () => { opened = [...folded()]; opened.forEach((part) => { part.open = true; }); });
addEventListener("afterprint", () => opened.forEach((part) => { part.open = false; }));

document.addEventListener("htmx:responseError", () => live("That did not work. Load the page again."));
document.addEventListener("htmx:sendError", () => live("No connection. Try once more."));
