"use strict";
// Moving about: filters, the cell or claim opened last, sorting. Filters and what is open are the page's fragment, so that
// a view can be passed on and that Back leads to the one before.
const filters = byId("filters");
const cellRows = all("tr[data-id]").map((row) => {
  const section = row.closest("section");
  const words = [section.id, section.querySelector("h2, h3").textContent, row.dataset.id, row.textContent, row.closest("tbody").firstElementChild.textContent];
  return { row, section, text: words.join(" ").toLowerCase() };
});
let opened = "";

// The question stays in reach: what is looked for, and for whom.
for (const name of ["text", "side"]) {
  const control = filters.elements[name];
  control.setAttribute("form", "filters");
  byId("tools").append(control.closest("label"));
}
// Where there is no room for the labels, what is chosen says what it is.
filters.elements.side.options[0].label = "any side";
const nothing = make("p", { id: "nothing", role: "status", hidden: "" }, "Nothing matches. ", make("button", { type: "reset", form: "filters" }, "Show all"));
filters.after(nothing);

function apply() {
  const { text, outcome, room, side, kind, network } = Object.fromEntries(new FormData(filters));
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const claims = new Set();
  const visible = new Set();
  for (const { row, section, text: content } of cellRows) {
    const shown = (!outcome || row.dataset.o === outcome) && (!room || section.dataset.room === room) && (!side || section.dataset.side === side) && (!kind || row.dataset.k === kind)
      && (!network || row.dataset.n === network) && words.every((word) => content.includes(word));
    row.classList.toggle("hidden", !shown);
    if (shown) {
      claims.add(section.id);
      visible.add(row.id);
    }
  }
  for (const body of all("table.cells tbody")) {
    if (body.querySelector("tr[data-id]")) body.classList.toggle("hidden", !body.querySelector("tr[data-id]:not(.hidden)"));
  }
  for (const element of all("[data-claim]")) element.classList.toggle("hidden", !claims.has(element.dataset.claim));
  for (const title of all("h2.room-title")) {
    title.classList.toggle("hidden", !all("section[data-room]:not(.hidden)").some(({ dataset }) => dataset.room === title.dataset.of));
  }
  for (const count of all(".claim-rows .counts a")) count.classList.toggle("faded", Boolean(outcome) && count.dataset.o !== outcome);
  for (const item of all(".urgent li[data-cells]")) item.classList.toggle("hidden", !item.dataset.cells.split(" ").some((id) => visible.has(id)));
  byId("shown").textContent = `${visible.size.toLocaleString("en")} of ${cellRows.length.toLocaleString("en")} cells`;
  nothing.hidden = visible.size > 0 || cellRows.length === 0;
}

// A link that is typed letter by letter is one step back, not one a letter.
function toFragment(step = "pushState") {
  const state = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value));
  const plain = state.size === 0;
  if (opened) state.set("open", opened);
  const fragment = plain ? opened && `#${opened}` : `#?${state}`;
  if (fragment !== location.hash) history[step](null, "", fragment || location.pathname + location.search);
}

async function show(id) {
  const row = byId(id);
  if (!row) return;
  opened = id;
  row.closest("section")?.classList.remove("hidden");
  if (!row.dataset.id) {
    await Promise.all([row, row.previousElementSibling].filter((each) => each?.dataset.room).map(fill));
    row.scrollIntoView();
    return;
  }
  row.classList.remove("hidden");
  row.closest("tbody").classList.remove("hidden");
  // What comes in above the row comes in before it is scrolled to.
  await fill(row.closest("section"));
  await open(row);
  row.scrollIntoView({ block: "center" });
  row.querySelector("a").focus({ preventScroll: true });
}

function fromFragment() {
  const text = location.hash.slice(1);
  const state = new URLSearchParams(text.startsWith("?") ? text.slice(1) : { open: decodeURIComponent(text) });
  for (const control of filters.elements) if (control.name) control.value = state.get(control.name) ?? "";
  opened = "";
  apply();
  show(state.get("open") ?? "");
}

const target = (link) => byId(decodeURIComponent(link.hash.slice(1)));

// A count of cells filters to them: its claim and its outcome.
function filterTo(link) {
  for (const control of filters.elements) if (control.name) control.value = "";
  filters.elements.text.value = link.closest("tr[data-claim]").dataset.claim;
  filters.elements.outcome.value = link.dataset.o;
  apply();
}

filters.hidden = false;
filters.addEventListener("submit", (event) => event.preventDefault());
// The search and the sides are outside the form's element, and their events do not pass it.
for (const control of filters.elements) {
  control.addEventListener("input", () => { opened = ""; apply(); toFragment(control.name === "text" ? "replaceState" : "pushState"); });
}
filters.addEventListener("reset", () => setTimeout(() => { opened = ""; apply(); toFragment(); }));
addEventListener("popstate", fromFragment);
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  const to = link && target(link);
  if (!to || event.ctrlKey || event.metaKey) return;
  link.closest("details.contents")?.removeAttribute("open");
  if (!to.dataset.id && !to.dataset.room) return;
  event.preventDefault();
  if (link.closest("tr[data-claim]") && /[2-9]|\d\d/.test(link.textContent) && link.dataset.o) filterTo(link);
  if (to.contains(link) && to.dataset.id) {
    open(to, true);
    opened = link.getAttribute("aria-expanded") === "true" ? to.id : "";
  } else {
    show(to.id);
  }
  toFragment();
});
// What stays in sight below the bar has to know how high it is.
const bar = document.querySelector(".page-bar");
new ResizeObserver(() => document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`)).observe(bar);
for (const { row } of cellRows) row.querySelector("a").setAttribute("aria-expanded", "false");
for (const section of all("section[data-room]")) claimWatcher.observe(section);

// Cells are sorted within their group by a column's figures; a second click turns the order.
function figure(cell) {
  const text = cell.textContent.replaceAll("−", "-").replaceAll(",", "");
  const found = text.match(/(-?\d+(?:\.\d+)?)(?:×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?/);
  if (!found) return Infinity;
  const power = [...(found[2] ?? "⁰")].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(digit)).map((digit) => (digit < 0 ? "-" : digit)).join("");
  const minutes = text.match(/(?:(\d+) h )?(\d+) min/);
  return minutes ? 60 * (60 * Number(minutes[1] ?? 0) + Number(minutes[2])) : Number(found[1]) * 10 ** Number(power);
}

function sort(table, column, sign) {
  for (const body of table.tBodies) {
    const rows = [...body.querySelectorAll("tr[data-id]")].map((row) => {
      const cell = row.cells[column];
      const more = row.nextElementSibling?.classList.contains("more") ? row.nextElementSibling : null;
      // The first two columns are words, and a row without figures has fewer cells than columns.
      return { row, more, word: row.cells[Math.min(column, 1)].textContent, value: column < 2 || !cell || cell.colSpan > 1 ? Infinity : figure(cell) };
    });
    rows.sort((a, b) => (a.value === b.value ? sign * a.word.localeCompare(b.word, "en", { numeric: true }) : a.value === Infinity ? 1 : b.value === Infinity ? -1 : sign * (a.value - b.value)));
    for (const { row, more } of rows) body.append(row, ...(more ? [more] : []));
  }
}

for (const table of all("table.cells")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (head.classList.contains("f")) return;
    const button = make("button", { type: "button", class: "sort" }, ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      sort(table, column, sign);
    });
  });
}
// At an idle moment the claims' figures are read, so that a print has every chart.
const idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 500));
function readAhead([section, ...others]) {
  if (section) payload(section).then(() => idle(() => readAhead(others)));
}
idle(() => readAhead(all("section[data-room]")));
fromFragment();
document.documentElement.dataset.ready = "yes";
