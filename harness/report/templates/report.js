"use strict";
// Charts are drawn when they come into view, and again when the colour scheme changes.
const specifications = JSON.parse(document.getElementById("charts").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");

function theme() {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink").trim();
  const line = style.getPropertyValue("--line").trim();
  return {
    background: "transparent",
    view: { stroke: line },
    axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line },
    legend: { labelColor: ink, titleColor: ink },
    rule: { color: ink },
  };
}

function draw(element) {
  const specification = specifications[element.dataset.chart];
  const narrow = element.clientWidth < 560;
  const config = theme();
  // On a phone the labels of the rows would leave no room for the estimates.
  if (narrow) config.axisY = { labelLimit: 110 };
  vegaEmbed(element, specification, { renderer: "svg", actions: false, config }).then(() => {
    element.dataset.drawn = "yes";
    element.style.minHeight = "";
  });
}

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting && entry.target.clientWidth > 0) {
      watcher.unobserve(entry.target);
      draw(entry.target);
    }
  }
}, { rootMargin: "200px" });
for (const element of document.querySelectorAll(".chart")) watcher.observe(element);
dark.addEventListener("change", () => document.querySelectorAll(".chart[data-drawn]").forEach(draw));

// Filters; their state is the page's fragment, so that a view can be passed on.
const filters = document.getElementById("filters");
filters.hidden = false;
filters.addEventListener("submit", (event) => event.preventDefault());

function apply() {
  const { text, outcome, room } = Object.fromEntries(new FormData(filters));
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  const visible = new Set();
  const claims = new Set();
  for (const row of document.querySelectorAll(".cell-row")) {
    const section = row.closest("section");
    const content = `${section.dataset.claim} ${row.dataset.text}`.toLowerCase();
    if ((!outcome || row.dataset.outcome === outcome) && (!room || section.dataset.room === room)
        && words.every((word) => content.includes(word))) {
      visible.add(row.dataset.cell);
      claims.add(section.dataset.claim);
      shown += 1;
    }
  }
  for (const element of document.querySelectorAll("[data-cell]")) element.classList.toggle("hidden", !visible.has(element.dataset.cell));
  for (const element of document.querySelectorAll("[data-claim]")) element.classList.toggle("hidden", !claims.has(element.dataset.claim));
  document.getElementById("shown").textContent = `${shown} cells shown`;
}

function toFragment() {
  const state = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value));
  history.replaceState(null, "", state.size ? `#?${state}` : location.pathname + location.search);
  apply();
}

function fromFragment() {
  if (location.hash.startsWith("#?")) {
    for (const [name, value] of new URLSearchParams(location.hash.slice(2))) {
      if (filters.elements[name]) filters.elements[name].value = value;
    }
  } else if (location.hash.length > 1) {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    row?.nextElementSibling?.querySelector?.("details")?.setAttribute("open", "");
  }
  apply();
}

filters.addEventListener("input", toFragment);
addEventListener("hashchange", fromFragment);
fromFragment();
