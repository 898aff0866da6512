// Charts: the library is loaded only where a chart stands. Figures come from the server as {data,
// layout} that name roles; here the roles get the colours of the scheme, in one house layout.

const boxes = [...document.querySelectorAll("[data-chart-url], [data-figure]")];
const PRINTED_WIDTH = 700;
const scheme = matchMedia("(prefers-color-scheme: dark)");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const STATUS_COLOURS = { on_target: "on-target", below_target: "below-target", critical: "critical", no_target: "no-data" };
const TONE_COLOURS = { better: "on-target", worse: "critical", other: "ink" };
const MARK_COLOURS = { done: "on-target", open: "ink", late: "critical" };

// Numbers as the page's language writes them: "1,234.5" in English, "1.234,5" in German.
const parts = new Intl.NumberFormat(document.documentElement.lang).formatToParts(12345.6);
const part = (type) => parts.find((each) => each.type === type)?.value ?? "";
const separators = part("decimal") + part("group");

function houseLayout() {
  return {
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("soft") },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { t: 8, r: 28, b: 36, l: 28 },
    separators,
    showlegend: true,
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", traceorder: "reversed" },
    hovermode: "x unified",
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("edge"), font: { color: colour("ink"), size: 12 } },
    dragmode: false,
    xaxis: { fixedrange: true, showgrid: false, zeroline: false, linecolor: colour("line"), ticks: "outside", tickcolor: colour("line"), nticks: 12, tickangle: 0 },
    yaxis: { fixedrange: true, automargin: true, gridcolor: colour("line"), zeroline: true, zerolinecolor: colour("edge"), ticks: "" },
  };
}

const TRACES = {
  actual: (trace) => ({
    ...trace,
    line: { ...trace.line, color: colour("bar"), width: 2 },
    marker: { ...trace.marker, size: 9, color: trace.meta.statuses.map((status) => colour(STATUS_COLOURS[status])), line: { width: 0 } },
  }),
  target: (trace) => ({ ...trace, line: { ...trace.line, color: colour("soft"), width: 1.25, dash: "dot" } }),
  benchmark: (trace) => ({ ...trace, line: { ...trace.line, color: colour("edge"), width: 1.5, dash: "dash" } }),
  centre: (trace) => ({ ...trace, line: { ...trace.line, color: colour("soft"), width: 1 } }),
  limit: (trace) => ({ ...trace, line: { ...trace.line, color: colour("soft"), width: 1, dash: "dash" } }),
  signal: (trace) => ({
    ...trace,
    marker: { ...trace.marker, size: 17, color: trace.meta.tones.map((tone) => colour(TONE_COLOURS[tone])), line: { width: 2 } },
  }),
  fan: (trace) => ({ ...trace, line: { width: 0, color: colour("accent") }, fillcolor: `${colour("accent")}22` }),
  forecast: (trace) => ({ ...trace, line: { color: colour("accent"), width: 1.5, dash: "dot" } }),
  bars: (trace) => ({ ...trace, marker: { color: trace.meta.statuses.map((status) => colour(STATUS_COLOURS[status] ?? "no-data")) } }),
  aim: (trace) => ({ ...trace, marker: { ...trace.marker, size: 20, color: colour("ink"), line: { width: 2 } } }),
  cells: (trace) => ({ ...trace, textfont: { color: colour("ink"), size: 12 } }),
  span: (trace) => ({ ...trace, line: { color: colour("edge"), width: 12 } }),
  progress: (trace) => ({ ...trace, line: { color: colour("bar"), width: 12 } }),
  open: (trace) => ({ ...trace, line: { color: colour("edge"), width: 3, dash: "dot" } }),
  milestone: (trace) => ({
    ...trace,
    // Drawn over bars: an edge of the card's colour keeps each mark apart.
    marker: { ...trace.marker, size: 11, color: colour(MARK_COLOURS[trace.meta.state]), line: { width: trace.meta.state === "open" ? 2 : 1, color: colour(trace.meta.state === "open" ? "ink" : "card") } },
  }),
};

const SHAPES = {
  change: (shape) => ({ ...shape, line: { color: colour("ink"), width: 1, dash: "dot" }, label: { ...shape.label, font: { size: 11, color: colour("soft") } } }),
  today: (shape) => ({ ...shape, line: { color: colour("ink"), width: 1 }, label: { ...shape.label, font: { size: 11, color: colour("ink") } } }),
};
const band = (shape) => ({ ...shape, fillcolor: colour(`${STATUS_COLOURS[shape.name]}-tint`), opacity: 0.6 });

function dressed(figure) {
  const house = houseLayout();
  const { layout } = figure;
  return {
    data: figure.data.map((trace) => TRACES[trace.meta.role](trace)),
    layout: {
      ...layout,
      ...house,
      hovermode: layout.hovermode ?? house.hovermode,
      showlegend: layout.showlegend ?? house.showlegend,
      title: undefined, // it stands above the chart, as a heading
      xaxis: { ...layout.xaxis, ...house.xaxis },
      yaxis: { ...layout.yaxis, ...house.yaxis },
      shapes: (layout.shapes ?? []).map((shape) => (SHAPES[shape.name] ?? band)(shape)),
      annotations: (layout.annotations ?? []).map((note) => ({ ...note, font: { size: 12, color: colour(note.name === "late" ? "critical" : "ink") } })),
    },
  };
}

let library = null;
function plotly(url) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("The chart library did not load."));
    document.head.append(script);
  });
  return library;
}

async function fetched(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`The figure did not load (${response.status}).`);
  return response.json();
}

// A page that leads nowhere brings its figure along.
const figureOf = async ({ figure, chartUrl }) =>
  figure ? JSON.parse(document.getElementById(figure).textContent) : fetched(chartUrl);

function say(box, text, again) {
  const message = document.createElement("div");
  message.className = "chart-message";
  message.setAttribute("role", "status");
  message.append(text);
  if (again) {
    const button = Object.assign(document.createElement("button"), { className: "button small", type: "button", textContent: "Try again" });
    button.addEventListener("click", again);
    message.append(button);
  }
  box.replaceChildren(message);
}

async function show(box) {
  say(box, "Drawing the chart …");
  try {
    const [Plotly, figure] = await Promise.all([plotly(box.dataset.plotly), figureOf(box.dataset)]);
    if (!figure.data.some((trace) => trace.y.some((value) => value !== null))) { say(box, "Nothing to draw yet."); return; }
    draw(Plotly, box, figure);
  } catch (error) {
    library = window.Plotly ? library : null;
    say(box, `${error.message} The same values are in the table.`, () => show(box));
  }
}

// The same box may be drawn again with another figure: its canvas and its listeners stay.
const drawn = new WeakMap();

function draw(Plotly, box, figure) {
  const before = drawn.get(box);
  if (before?.canvas.isConnected) { before.figure = figure; before.canvas.setAttribute("aria-label", figure.layout.meta.alternative); before.paint(); return; }
  const canvas = document.createElement("div");
  canvas.className = "canvas";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", figure.layout.meta.alternative);
  box.replaceChildren(canvas);
  if (figure.layout.meta.height) box.style.height = `${figure.layout.meta.height}px`;
  const told = { figure, canvas, paint: (width = canvas.clientWidth) => {
    const { data, layout } = dressed(told.figure);
    layout.xaxis.nticks = Math.max(3, Math.floor(width / 84));
    return Plotly.react(canvas, data, { ...layout, width, height: canvas.clientHeight }, { displayModeBar: false, displaylogo: false });
  } };
  drawn.set(box, told);
  told.paint();
  scheme.addEventListener("change", () => told.paint());
  new ResizeObserver(() => told.paint()).observe(box);
  // Before printing the page still has the width of the screen: draw for the column on paper.
  addEventListener("beforeprint", () => told.paint(PRINTED_WIDTH));
  addEventListener("afterprint", () => told.paint());
  tools(Plotly, box, canvas, told);
}

// Downloads: the picture as it is seen, with its title, and the numbers beneath it.
function tools(Plotly, box, canvas, told) {
  const bar = box.parentElement.querySelector("[data-chart-tools]");
  const offers = {
    PNG: () => picture(Plotly, canvas, told.figure, "png"),
    SVG: () => picture(Plotly, canvas, told.figure, "svg"),
    CSV: async () => `data:text/csv;charset=utf-8,${encodeURIComponent(csv(told.figure.layout.meta.table))}`,
  };
  bar?.replaceChildren(...Object.entries(offers).map(([name, make]) => {
    const button = Object.assign(document.createElement("button"), { className: "button small", type: "button", textContent: `Download ${name}` });
    button.addEventListener("click", async () => download(await make(), `${box.dataset.name}.${name.toLowerCase()}`));
    return button;
  }));
}

async function picture(Plotly, canvas, figure, format) {
  const { data, layout } = dressed(figure);
  const height = 70 + (figure.layout.meta.height ?? 430);
  const titled = { ...layout, showlegend: true, width: 1000, height, paper_bgcolor: colour("card"), margin: { t: 70, r: 24, b: 44, l: 24 }, title: { text: figure.layout.title.text, x: 0.03, font: { size: 16, color: colour("ink") } } };
  const svg = await Plotly.toImage({ data, layout: titled }, { format: "svg", width: 1000, height });
  return format === "svg" ? svg : rasterized(svg, 1000, height);
}

// Our own canvas: the policy allows data: images, and blob: ones not.
async function rasterized(url, width, height) {
  const image = new Image(width, height);
  image.src = url;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: width * 2, height: height * 2 });
  canvas.getContext("2d").drawImage(image, 0, 0, width * 2, height * 2);
  return canvas.toDataURL("image/png");
}

function csv({ columns, rows }) {
  const quoted = (cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return [columns, ...rows].map((row) => row.map((cell) => quoted(String(cell ?? ""))).join(",")).join("\r\n") + "\r\n";
}

function download(href, name) {
  Object.assign(document.createElement("a"), { href, download: name }).click();
}

boxes.forEach(show);

export { draw, plotly, say };
