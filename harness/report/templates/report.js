"use strict";
// Everything here is an addition: without scripts the tables, the forest plots and the verdicts are all there.
const byId = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Nodes are made with text, never with markup, so that whatever a results file says stays text.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

// A claim's payload: gzipped JSON, read when it is first wanted.
const payloads = new Map();
function payload(section) {
  if (!payloads.has(section)) {
    const bytes = Uint8Array.from(atob(section.querySelector("script.data").textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    payloads.set(section, new Response(stream).json().then((content) => {
      section.payload = content;
      return content;
    }));
  }
  return payloads.get(section);
}

function csvButton(label, name, text) {
  const button = make("button", { type: "button", class: "csv" }, label);
  button.addEventListener("click", () => {
    const link = make("a", { href: URL.createObjectURL(new Blob([text()], { type: "text/csv" })), download: `${name}.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  return button;
}

function copyButton(text) {
  const button = make("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // Where the clipboard is refused, what was to be copied is selected.
      getSelection().selectAllChildren(button.parentElement.querySelector("code"));
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return button;
}

// Charts are drawn when they come near the view, and again when the colours change.
const drawers = new WeakMap();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting && entry.target.clientWidth > 0) {
      watcher.unobserve(entry.target);
      draw(entry.target);
    }
  }
}, { rootMargin: "300px" });

function theme() {
  const style = getComputedStyle(document.documentElement);
  const [ink, line] = printing ? PAPER : ["--ink", "--line"].map((name) => style.getPropertyValue(name).trim());
  return {
    background: "transparent", font: "system-ui, sans-serif",
    view: { stroke: line },
    axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line, titleFontWeight: 500, labelFontSize: 11, titleFontSize: 12 },
    legend: { labelColor: ink, titleColor: ink, titleFontWeight: 500 },
    rule: { color: ink },
  };
}

// Ink and lines on paper, whatever the screen has.
const PAPER = ["#1a1c20", "#d9dce2"];

async function draw(element) {
  await vegaEmbed(element, drawers.get(element)(), { renderer: "svg", actions: false, config: theme() });
  // The element itself is the image, with a label; the marks would be thousands of unnamed ones.
  element.querySelector("svg").setAttribute("aria-hidden", "true");
  element.dataset.drawn = "yes";
}

// Before the page is printed no task can be waited for. Drawing is of promises alone, which are kept before the event is
// over, so that what was not drawn yet is drawn on paper too.
addEventListener("beforeprint", () => {
  printing = true;
  for (const section of all("section[data-room]")) {
    if (section.payload && !section.classList.contains("hidden")) addCurves(section, section.payload);
  }
  for (const element of all(".chart")) if (dark.matches || !element.dataset.drawn) draw(element);
});
addEventListener("afterprint", () => {
  printing = false;
  if (dark.matches) all(".chart[data-drawn]").forEach(draw);
});

function chart(specification, label, height) {
  const element = make("div", { class: "chart", role: "img", "aria-label": label, style: `min-height:${height}px` });
  drawers.set(element, specification);
  watcher.observe(element);
  return element;
}

dark.addEventListener("change", () => all(".chart[data-drawn]").forEach(draw));

// Curves of a claim over the numbers of its grid.
const claimWatcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      claimWatcher.unobserve(entry.target);
      fill(entry.target);
    }
  }
}, { rootMargin: "600px" });

async function fill(section) {
  addCurves(section, await payload(section));
}

const filled = new Set();
function addCurves(section, { csv, curves }) {
  if (filled.has(section)) return;
  filled.add(section);
  const place = section.querySelector("[data-curves]");
  for (const each of curves) place.append(curveFigure(each));
  section.querySelector("table.cells").after(
    make("p", { class: "note" }, "Open a cell for its details. ", csvButton("Download these figures as CSV", section.id, () => csv)));
  place.hidden = curves.length === 0;
}

function curveFigure(each) {
  const legend = each.lines.length > 1 ? each.lines.map((line, i) => {
    const style = LINES[i % LINES.length];
    return make("span", {}, make("b", { class: "line", style: `--light:${style.light};--dark:${style.dark}`, "aria-hidden": "true" }, style.symbol), ` ${line}`);
  }) : [];
  const left = each.left_out ? ` ${each.left_out} more panels are not drawn; all figures are in the CSV.` : "";
  const region = each.region ? "; the predicted region is shaded" : "";
  const floor = each.floors ? "; the short bars are noise floors, what equal distributions read at these sizes" : "";
  return make("figure", {},
    make("figcaption", {}, `${each.y} over ${each.x}: estimates with intervals${region}${floor}.${left}`),
    make("p", { class: "legend" }, ...legend.flatMap((entry) => [entry, " "])),
    make("div", { class: "panels" }, ...each.panels.map((panel) => make("div", {},
      make("p", { class: "panel-title" }, panel.title || (each.lines.length === 1 ? each.lines[0] : "")),
      chart(() => curveSpecification(each, panel), `Curve of ${each.y} over ${each.x}, ${panel.title}; the figures are in the table below`, 250)))));
}

// A cell's details, in a row of their own under it.
async function open(row, close = false) {
  const next = row.nextElementSibling;
  const link = row.querySelector("a");
  if (next?.classList.contains("more")) {
    next.hidden = close ? !next.hidden : false;
    row.classList.toggle("opened", !next.hidden);
    link.setAttribute("aria-expanded", String(!next.hidden));
    return;
  }
  const content = make("td", { colspan: "8" });
  const more = make("tr", { class: "more", id: `${row.id}-more` }, content);
  row.after(more);
  row.classList.add("opened");
  link.setAttribute("aria-expanded", "true");
  const section = row.closest("section");
  const { cells, trends } = await payload(section);
  const number = cells.findIndex(({ id }) => id === row.dataset.id);
  const trend = trends?.cells[number];
  content.append(...details(cells[number]));
  if (trend) content.lastChild.before(trendFigure(cells[number], trend, trends.nights));
  more.dataset.ready = "yes";
}

function details(cell) {
  const plots = [];
  if (cell.scatter) plots.push(make("div", { class: "pair" }, scatterFigure(cell), errorFigure(cell)));
  if (cell.complexity) plots.push(complexityFigure(cell));
  if (cell.states) plots.push(statesFigure(cell));
  if (cell.sets) plots.unshift(setsFigure(cell));
  const rows = (each) => make("tr", {}, make("th", { scope: "row" }, each[0]), ...each.slice(1).map((text) => make("td", {}, text)));
  return [
    make("p", { class: "id" }, make("code", {}, cell.id)),
    make(cell.traceback ? "pre" : "p", {}, cell.message),
    cell.accepted && make("p", {}, cell.accepted),
    ...plots,
    cell.secondary.length && make("table", { class: "secondary", tabindex: "0" },
      make("caption", {}, "Also measured, with 95 % intervals, for reading and not for the verdict"),
      make("thead", {}, make("tr", {}, ...["Quantity", "Value", "Interval", "Noise floor", "Method"].map((title) => make("th", { scope: "col" }, title)))),
      make("tbody", {}, ...cell.secondary.map(rows))),
    ...cell.lines.map((line) => make("p", { class: "note" }, line)),
    ...cell.more.map(([name, value]) => make("p", { class: "note" }, `${name}: ${value}`)),
    make("p", { class: "note" }, "Run this cell again: ", make("code", {}, cell.rerun), " ", copyButton(cell.rerun)),
  ].filter(Boolean);
}

function kept(data) {
  return data.f.length < data.of ? ` ${data.f.length} of ${data.of} functions are drawn.` : "";
}

// What the dots of a scatter leave out; nothing is said of less than half a percent.
function leftOut({ mass, x_title, y_title }) {
  const said = [x_title, y_title].flatMap((title, i) => (mass[i] < 0.995 ? [`${Math.round(100 * mass[i])} % of ${title}`] : []));
  return said.length ? ` The dots hold ${said.join(" and ")}; the rest is on rarer functions.` : "";
}

function columnsToCsv(columns) {
  const names = Object.keys(columns);
  // A spreadsheet computes no text after an apostrophe.
  const asText = (value) => (typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value);
  const inQuotes = (value) => `"${asText(value).replaceAll('"', '""')}"`;
  const quoted = (value) => (typeof value === "string" && /[",\n]/.test(value) ? inQuotes(value) : asText(value));
  const lines = columns[names[0]].map((_, i) => names.map((name) => quoted(columns[name][i])).join(","));
  return [names.map(inQuotes).join(","), ...lines, ""].join("\n");
}

function scatterFigure(cell) {
  const { x_title, y_title, f, x, y, x0, x1, y0, y1, e } = cell.scatter;
  const csv = () => columnsToCsv({ function: f, [x_title]: x, [`${x_title} low`]: x0, [`${x_title} high`]: x1,
    [y_title]: y, [`${y_title} low`]: y0, [`${y_title} high`]: y1, test_error: e });
  return make("figure", {},
    make("figcaption", {}, `Each point is a function: ${y_title} against ${x_title}, with 95 % intervals. Dashed: equal; shaded: within ten-fold. ` +
      `Squares at 0 were seen in one sample only.${cell.scatter.target === null ? "" : " The ring is the target."}${leftOut(cell.scatter)}${kept(cell.scatter)}`),
    chart(() => scatterSpecification(cell.scatter), `Scatter plot of ${y_title} against ${x_title}`, 420),
    csvButton("Download these points as CSV", `${cell.id} functions`, csv));
}

function errorFigure(cell) {
  const { x_title, y_title } = cell.scatter;
  return make("figure", {},
    make("figcaption", {}, `The same functions: test error against probability, ${x_title} and ${y_title}. To the right is what is found most.`),
    chart(() => errorSpecification(cell.scatter), "Scatter plot of test error against probability", 300));
}

function setsFigure(cell) {
  const { v, of, quantity, unit, region } = cell.sets;
  const missing = v.length < of ? ` ${of - v.length} of ${of} have no value.` : "";
  const shaded = region.some((end) => end !== null) ? "; the predicted region is shaded" : "";
  return make("figure", { class: "sets" },
    make("figcaption", {}, `Above, each dot is one of ${v.length} ${unit}; below, the estimate with its interval${shaded}.${missing}`),
    chart(() => setsSpecification(cell.sets), `${v.length} values of ${quantity}, one of each of the ${unit}, beside the estimate and its interval`, 150),
    csvButton("Download these values as CSV", `${cell.id} sets`, () => columnsToCsv({ [quantity]: v })));
}

function complexityFigure(cell) {
  const { f, k, p, bound } = cell.complexity;
  return make("figure", {},
    make("figcaption", {}, `Each point is a function of large volume: its probability against its complexity.${bound ? " The line is the bound." : ""}${kept(cell.complexity)}`),
    chart(() => complexitySpecification(cell.complexity), "Scatter plot of probability against complexity", 350),
    csvButton("Download these points as CSV", `${cell.id} functions`, () => columnsToCsv({ function: f, complexity: k, probability: p })));
}

function trendFigure(cell, trend, nights) {
  const of = (key) => trend.n.map((n) => nights[key][n]);
  const columns = { started: of("started"), commit: of("commit"), seed: of("seed"), device: of("device"), verdict: trend.o, value: trend.v, low: trend.l, high: trend.h };
  return make("figure", { class: "trend" },
    make("figcaption", {}, `${trend.n.length} nights of this cell, each with its interval${cell.region ? "; the predicted region is shaded" : ""}. ` +
      "Filled: supported; diamond: refuted; hollow: undecided."),
    chart(() => trendSpecification(columns, cell), `Estimates of ${cell.quantity} over ${trend.n.length} nights`, 230),
    csvButton("Download these nights as CSV", `${cell.id} nights`, () => columnsToCsv(columns)));
}

function statesFigure(cell) {
  const { networks, rows } = cell.states;
  const csv = () => columnsToCsv({
    network: networks.flatMap(({ name, p }) => p.map(() => name)), training_points_right: networks.flatMap(({ k }) => k),
    evaluation_points_right: networks.flatMap(({ j }) => j), log10_p: networks.flatMap(({ p }) => p) });
  const row = ([first, ...texts]) => make("tr", {}, make("th", { scope: "row" }, first), ...texts.map((text) => make("td", {}, text)));
  const titles = ["Training points right", ...networks.flatMap(({ name }) => [`log₁₀ P, ${name}`, `Test error, ${name}`])];
  return make("figure", { class: "states" },
    make("figcaption", {}, "How likely a network at initialisation is to have each training and test accuracy. Circles: mean test accuracy of the " +
      "networks with that training accuracy, with 95 % intervals. Diamond: the networks that training finds, from that initialisation."),
    make("div", { class: "panels" }, ...networks.map((network) => make("div", {},
      make("p", { class: "panel-title" }, network.name),
      chart(() => statesSpecification(cell.states, network), `Heat map of test against training accuracy, ${network.name}; the table below has its figures`, 330)))),
    make("table", { class: "secondary", tabindex: "0" },
      make("thead", {}, make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title)))),
      make("tbody", {}, ...rows.map(row))),
    csvButton("Download these probabilities as CSV", `${cell.id} states`, csv));
}
