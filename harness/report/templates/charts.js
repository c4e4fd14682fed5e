"use strict";
// Vega-Lite specifications of the page's plots from the columns that charts.py and curves.py give.

// Okabe & Ito 2008, two of them darkened for contrast on white; shape and dash say the same as colour.
const LINES = [
  { light: "#0072b2", dark: "#4aa8e0", shape: "circle", dash: [1, 0], symbol: "●" },
  { light: "#d55e00", dark: "#ff8c42", shape: "square", dash: [6, 3], symbol: "■" },
  { light: "#00855f", dark: "#2fc79a", shape: "triangle-up", dash: [2, 2], symbol: "▲" },
  { light: "#a8558a", dark: "#e09cc8", shape: "diamond", dash: [8, 2, 2, 2], symbol: "◆" },
  { light: "#7a6200", dark: "#d8ba4d", shape: "triangle-down", dash: [4, 4], symbol: "▼" },
];
const dark = matchMedia("(prefers-color-scheme: dark)");
let printing = false;
const colour = (style) => (dark.matches && !printing ? style.dark : style.light);
const GREEN = "#009e73";
// The colour of the noise floor in the tables, --mark.
const FLOOR = { light: "#8a5a00", dark: "#f0c060" };

function superscript(power) {
  return `10${String(power).replace("-", "⁻").replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit])}`;
}

// A logarithmic axis with ticks at whole powers of ten, and one at `zero` for what was never seen.
function powers(least, zero) {
  const labels = {};
  const first = Math.ceil(Math.log10(least) - 1e-9);
  const step = Math.ceil(-first / 6) || 1;
  for (let power = 0; power >= first; power -= step) {
    const value = Number(`1e${power}`);
    labels[value] = power > -3 ? String(value) : superscript(power);
  }
  if (zero !== undefined) labels[zero] = "0";
  return {
    values: Object.keys(labels).map(Number),
    labelExpr: `${JSON.stringify(labels)}[toString(datum.value)]`,
  };
}

const SIGNIFICANT = ".4~g";
const tip = (field, title, format) => ({ field, title, type: format ? "quantitative" : "nominal", format });

function scatterSpecification(data) {
  const seen = [...data.x, ...data.y].filter((p) => p > 0);
  const floor = Math.min(...seen) / 2;
  const zero = floor / 2;
  const place = (p) => (p > 0 ? p : zero);
  const rows = data.f.map((f, i) => ({
    f, x: place(data.x[i]), y: place(data.y[i]), e: data.e[i],
    x0: Math.max(data.x0[i], zero), x1: data.x1[i], y0: Math.max(data.y0[i], zero), y1: data.y1[i],
    xi: figures(data.x[i], data.x0[i], data.x1[i]), yi: figures(data.y[i], data.y0[i], data.y1[i]),
    seen: data.x[i] && data.y[i] ? "both samples" : "one sample", target: i === data.target,
    what: i === data.target ? "the target function" : data.x[i] && data.y[i] ? "seen in both samples" : "seen in one sample only",
  }));
  const scale = { type: "log", domain: [zero, 1], nice: false };
  const axis = powers(floor, zero);
  const x = { field: "x", type: "quantitative", scale, axis: { ...axis, title: data.x_title } };
  const y = { field: "y", type: "quantitative", scale, axis: { ...axis, title: data.y_title, titlePadding: 10 } };
  const ends = [zero, 10 * zero, 0.1, 1].map((a) => ({ a, up: Math.min(10 * a, 1), down: Math.max(a / 10, zero) }));
  const band = (from, to) => ({
    x: { field: "a", type: "quantitative", scale }, y: { field: from, type: "quantitative", scale }, ...(to && { y2: { field: to } }),
  });
  return {
    width: "container", height: 380,
    layer: [
      { data: { values: ends }, mark: { type: "area", opacity: 0.13, color: GREEN }, encoding: band("down", "up") },
      { data: { values: ends }, mark: { type: "line", strokeDash: [4, 4], color: "#808080", strokeWidth: 1 }, encoding: band("a") },
      { data: { values: rows }, mark: { type: "rule", opacity: 0.2, strokeWidth: 0.8, clip: true }, encoding: { x: { ...x, field: "x0" }, x2: { field: "x1" }, y } },
      { data: { values: rows }, mark: { type: "rule", opacity: 0.2, strokeWidth: 0.8, clip: true }, encoding: { y: { ...y, field: "y0" }, y2: { field: "y1" }, x } },
      {
        data: { values: rows.filter((row) => row.target) },
        mark: { type: "point", size: 220, strokeWidth: 2, color: colour(LINES[1]), filled: false },
        encoding: { x, y },
      },
      {
        data: { values: rows },
        mark: { type: "point", filled: true, size: 55, opacity: 1, stroke: "#808080", strokeWidth: 0.5, tooltip: true },
        encoding: {
          x, y,
          color: { field: "e", type: "quantitative", title: "test error", scale: { scheme: "viridis", domain: [0, 1] },
            legend: { orient: "right", gradientLength: 120, format: "~g" } },
          shape: { field: "seen", type: "nominal", title: "seen in", scale: { domain: ["both samples", "one sample"], range: ["circle", "square"] } },
          tooltip: [tip("f", "function"), tip("xi", `${data.x_title}, 95 %`), tip("yi", `${data.y_title}, 95 %`),
            tip("e", "test error", SIGNIFICANT), tip("what", "which")],
        },
      },
    ],
  };
}

// Test error of each function against its probability in either sample; a sample that never saw it has no point.
function errorSpecification(data) {
  const domain = [data.x_title, data.y_title];
  const rows = domain.flatMap((sample, i) => data.f.map((f, j) => ({ f, sample, e: data.e[j], p: (i ? data.y : data.x)[j] }))).filter(({ p }) => p > 0);
  const least = Math.min(...rows.map(({ p }) => p)) / 2;
  const styles = domain.map((_, i) => LINES[i]);
  const encode = (key) => ({ field: "sample", type: "nominal", title: null, scale: { domain, range: styles.map((style) => (key === "colour" ? colour(style) : style[key])) }, legend: { orient: "top" } });
  return {
    width: "container", height: 260, data: { values: rows },
    mark: { type: "point", filled: true, size: 45, opacity: 0.7 },
    encoding: {
      x: { field: "p", type: "quantitative", scale: { type: "log", domain: [least, 1], nice: false }, axis: { ...powers(least), title: "probability of the function" } },
      y: { field: "e", type: "quantitative", scale: { domain: [0, 1] }, axis: { title: "test error of the function" } },
      color: encode("colour"), shape: encode("shape"),
      tooltip: [tip("f", "function"), tip("sample", "sample"), tip("p", "probability", SIGNIFICANT), tip("e", "test error", SIGNIFICANT)],
    },
  };
}

function complexitySpecification(data) {
  const rows = data.f.map((f, i) => ({ f, k: data.k[i], p: data.p[i] }));
  const least = Math.min(...data.p) / 2;
  const scale = { type: "log", domain: [least, 1], nice: false };
  const x = { field: "k", type: "quantitative", axis: { title: `complexity K (${data.measure})`, format: ".6~g" }, scale: { nice: true, zero: false } };
  const y = { field: "p", type: "quantitative", scale, axis: { ...powers(least), title: "P(f)" } };
  const layer = [{
    data: { values: rows },
    mark: { type: "point", filled: true, size: 40, opacity: 0.65, color: colour(LINES[0]) },
    encoding: { x, y, tooltip: [tip("f", "function"), tip("k", "K", SIGNIFICANT), tip("p", "P(f)", SIGNIFICANT)] },
  }];
  if (data.bound) {
    const { a, b } = data.bound;
    const bound = (k) => 2 ** (b - a * k);
    // The straight piece of the bound inside the plot, so that the axis is not stretched by what lies under it.
    const from = Math.max(Math.min(...data.k), b / a);
    const to = Math.min(Math.max(...data.k), (b - Math.log2(least)) / a);
    const ends = [from, to].map((k) => ({ k, p: bound(k) }));
    layer.push({
      data: { values: from < to ? ends : [] },
      mark: { type: "line", color: colour(LINES[1]), strokeWidth: 2, clip: true }, encoding: { x, y },
    });
  }
  return { width: "container", height: 320, layer };
}

function statesSpecification({ m, n, networks }, network) {
  const rows = network.k.map((k, i) => ({
    k: `${k} of ${m}`, j: `${network.j[i]} of ${n}`, p: network.p[i],
    x0: (k - 0.5) / m, x1: (k + 0.5) / m, y0: (network.j[i] - 0.5) / n, y1: (network.j[i] + 0.5) / n,
  }));
  const scale = (points) => ({ domain: [-0.5 / points, 1 + 0.5 / points], nice: false });
  const axis = (title) => ({ title, format: ".0%", grid: false, tickCount: 5 });
  const x = (field) => ({ field, type: "quantitative", scale: scale(m), axis: axis("training accuracy") });
  const y = (field) => ({ field, type: "quantitative", scale: scale(n), axis: axis("test accuracy") });
  const least = Math.min(...networks.flatMap(({ p }) => p));
  const said = ({ y, low, high }) => figures(y, low, high);
  const means = network.mean.map((mean) => ({ ...mean, x: mean.x / m, which: `${mean.x} of ${m} right`, said: said(mean) }));
  const ends = network.trained ? [{ ...network.trained, x: 1, which: "found by training", said: said(network.trained) }] : [];
  // White on black shows on every colour of the map and beside it.
  const marks = (values, shape, size, xOffset) => [
    { data: { values }, mark: { type: "rule", color: "#000000", strokeWidth: 3, xOffset }, encoding: { x: x("x"), y: y("low"), y2: { field: "high" } } },
    { data: { values }, mark: { type: "rule", color: "#ffffff", strokeWidth: 1, xOffset }, encoding: { x: x("x"), y: y("low"), y2: { field: "high" } } },
    {
      data: { values }, mark: { type: "point", shape, size, xOffset, filled: true, opacity: 1, fill: "#ffffff", stroke: "#000000", strokeWidth: 1.5 },
      encoding: { x: x("x"), y: y("y"), tooltip: [tip("which", "training points"), tip("said", "mean test accuracy, 95 %")] },
    },
  ];
  return {
    width: "container", height: 300,
    layer: [
      {
        data: { values: rows }, mark: { type: "rect", tooltip: true },
        encoding: {
          x: x("x0"), x2: { field: "x1" }, y: y("y0"), y2: { field: "y1" },
          color: { field: "p", type: "quantitative", title: "log₁₀ P", scale: { scheme: "viridis", domain: [least, 0] }, legend: { orient: "right", gradientLength: 120 } },
          tooltip: [tip("k", "training points right"), tip("j", "evaluation points right"), tip("p", "log₁₀ P", SIGNIFICANT)],
        },
      },
      ...marks(means, "circle", 35, 0),
      ...marks(ends, "diamond", 130, 9),
    ],
  };
}

// What the axis shows of intervals: as much again as the values and the region take up, and what is not finite to its end.
function trendSpecification(columns, { region, quantity }) {
  const rows = columns.started.map((started, i) => Object.fromEntries(Object.entries(columns).map(([name, of]) => [name, of[i]])))
    .filter(({ value }) => value !== null).map((row) => ({ ...row, at: Date.parse(row.started) }));
  const core = [...rows.map(({ value }) => value), ...(region ?? [])].filter((end) => end !== null);
  const spans = rows.filter(({ low, high }) => low !== null && high !== null).map(({ low, high }) => high - low).sort((a, b) => a - b);
  const reach = Math.max((Math.max(...core) - Math.min(...core)) / 2, spans[spans.length >> 1] ?? 0) || 1;
  const domain = [Math.min(...core) - reach, Math.max(...core) + reach];
  for (const row of rows) {
    row.from = Math.max(row.low ?? -Infinity, domain[0]);
    row.to = Math.min(row.high ?? Infinity, domain[1]);
    row.said = figures(row.value, row.low, row.high, region ?? []);
  }
  const scale = { domain, nice: false, zero: false };
  const x = { field: "at", type: "temporal", scale: { type: "utc", padding: 12 }, axis: { title: null, grid: false, labelOverlap: true, tickCount: 6, format: "%Y-%m-%d" } };
  const y = { field: "value", type: "quantitative", scale, axis: { title: quantity, tickCount: 5, format: ".6~g" } };
  const verdicts = { domain: ["supported", "refuted", "other"], shape: ["circle", "diamond", "circle"], fill: [colour(LINES[0]), colour(LINES[1]), "transparent"] };
  for (const row of rows) row.kind = verdicts.domain.includes(row.verdict) ? row.verdict : "other";
  const ends = region ? [{ a: region[0] ?? domain[0], b: region[1] ?? domain[1] }] : [];
  return {
    width: "container", height: 190,
    layer: [
      { data: { values: ends }, mark: { type: "rect", color: GREEN, opacity: 0.15 }, encoding: { y: { field: "a", type: "quantitative", scale }, y2: { field: "b" } } },
      { data: { values: rows }, mark: { type: "rule", opacity: 0.5 }, encoding: { x, y: { ...y, field: "from" }, y2: { field: "to" } } },
      {
        data: { values: rows }, mark: { type: "point", size: 60, opacity: 1, stroke: "#808080", strokeWidth: 1 },
        encoding: {
          x, y,
          shape: { field: "kind", type: "nominal", scale: { domain: verdicts.domain, range: verdicts.shape }, legend: null },
          fill: { field: "kind", type: "nominal", scale: { domain: verdicts.domain, range: verdicts.fill }, legend: null },
          tooltip: [tip("started", "begun"), tip("commit", "commit"), tip("seed", "seed"), tip("device", "device"),
            tip("said", quantity), tip("verdict", "verdict")],
        },
      },
    ],
  };
}

function curveSpecification(chart, panel) {
  const domain = chart.lines;
  const styles = domain.map((_, i) => LINES[i % LINES.length]);
  const line = (key) => ({ field: "line", type: "nominal", scale: { domain, range: styles.map((style) => (key === "colour" ? colour(style) : style[key])) }, legend: null });
  const x = {
    field: "x", type: "quantitative", scale: chart.log ? { type: "log", nice: false, padding: 12 } : { zero: false, nice: false, padding: 12 },
    axis: { title: chart.x, values: chart.ticks.every((tick) => Number(tick.toPrecision(4)) === tick) ? chart.ticks : undefined, format: ".6~g", labelOverlap: true, grid: false },
  };
  const scale = { domain: chart.domain, nice: false, zero: false };
  const y = { field: "value", type: "quantitative", scale, axis: { title: chart.y_title, tickCount: 5, format: ".6~g" } };
  const layer = [];
  if (chart.region) {
    const [low, high] = chart.region;
    const ends = [{ from: low ?? chart.domain[0], to: high ?? chart.domain[1] }];
    layer.push({
      data: { values: ends }, mark: { type: "rect", color: GREEN, opacity: 0.15 },
      encoding: { y: { field: "from", type: "quantitative", scale }, y2: { field: "to" } },
    });
  }
  // Bands only between intervals that are whole: a band to the edge of the plot would hide all others.
  const bands = panel.rows.map((row) => (row.whole ? row : { ...row, low: null, high: null }));
  layer.push(
    { data: { values: bands }, mark: { type: "area", opacity: 0.15, invalid: "break-paths-filter-domains" },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color: line("colour") } },
    { mark: { type: "rule", opacity: 0.6 }, encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color: line("colour") } },
    { mark: { type: "line", strokeWidth: 2 }, encoding: { x, y, color: line("colour"), strokeDash: line("dash") } },
    {
      mark: { type: "point", filled: true, size: 60, opacity: 1 },
      encoding: {
        x, y, color: line("colour"), shape: line("shape"),
        tooltip: [tip("cell", "cell"), tip("x", chart.x, "~g"), tip("said", chart.y)],
      },
    },
  );
  if (chart.floors) {
    layer.push({
      mark: { type: "tick", orient: "horizontal", size: 16, thickness: 2, color: colour(FLOOR), opacity: 1 },
      encoding: { x, y: { ...y, field: "floor" } },
    });
  }
  const values = panel.rows.map((row) => ({ said: figures(row.value, row.low, row.high, chart.region ?? []), ...row }));
  return { width: "container", height: 220, data: { values }, layer };
}

// Dots in the order of their values, each above those that it would cover; below them the mean and its interval.
function setsSpecification(data) {
  const ends = [...data.v, data.mean, data.low, data.high].filter((value) => value !== null);
  const inner = data.region.filter((end) => end !== null);
  const least = Math.min(...ends, ...inner);
  const span = Math.max(...ends, ...inner) - least || 1;
  const domain = [least - 0.04 * span, least + 1.04 * span];
  const stacks = new Map();
  const rows = [...data.v].sort((a, b) => a - b).map((value) => {
    const bin = Math.round((60 * (value - least)) / span);
    stacks.set(bin, (stacks.get(bin) ?? 0) + 1);
    return { value, height: stacks.get(bin) };
  });
  const top = Math.max(...stacks.values(), 4);
  const scale = { domain, nice: false, zero: false };
  const x = { field: "value", type: "quantitative", scale, axis: { title: data.quantity, tickCount: 5, format: ".6~g" } };
  const y = { field: "height", type: "quantitative", scale: { domain: [-1.2, top + 0.5], nice: false }, axis: null };
  const said = figures(data.mean, data.low, data.high, data.region);
  const mean = [{ value: data.mean, low: data.low ?? domain[0], high: data.high ?? domain[1], height: -0.4, said }];
  const layer = [];
  if (inner.length) {
    layer.push({
      data: { values: [{ from: data.region[0] ?? domain[0], to: data.region[1] ?? domain[1] }] },
      mark: { type: "rect", color: GREEN, opacity: 0.15, clip: true },
      encoding: { x: { ...x, field: "from" }, x2: { field: "to" } },
    });
  }
  layer.push(
    { data: { values: rows }, mark: { type: "point", filled: true, size: 45, opacity: 0.75, color: colour(LINES[0]) },
      encoding: { x, y, tooltip: [tip("value", data.quantity, SIGNIFICANT)] } },
    { data: { values: mean }, mark: { type: "rule", strokeWidth: 2 }, encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, y } },
    { data: { values: mean }, mark: { type: "point", filled: true, size: 110, opacity: 1, shape: "diamond", color: colour(LINES[1]) },
      encoding: { x, y, tooltip: [tip("said", `mean ${data.quantity}`)] } },
  );
  return { width: "container", height: 110, layer };
}
