"use strict";
// An estimate as far as its interval tells: the rule of harness/decimals.py, to which a test holds it.
const exponentOf = (value) => Number(value.toExponential(1).split("e")[1]);
const side = (value, bound) => Math.sign(value - bound);

function writtenIn(value, { decimals, power }) {
  const scaled = Math.abs(value) / 10 ** power;
  const unit = 10 ** -decimals;
  const digits = decimals < 0 ? String(Math.round(scaled / unit) * unit) : scaled.toFixed(decimals);
  return value < 0 && Number(digits) ? `−${digits}` : digits;
}

function formOf(value, ends, bounds) {
  const found = value === null ? ends : [value, ...ends];
  const size = Math.max(0, ...found.map(Math.abs));
  if (!size) return { decimals: 0, power: 0 };
  const width = ends.length === 2 ? ends[1] - ends[0] : Math.max(0, ...ends.map((end) => Math.abs((value ?? end) - end)));
  const last = Math.max(exponentOf(width > 0 && Number.isFinite(width) ? width : size) - 1, exponentOf(size) - 11);
  const power = size >= 1e-4 && size < 1e6 ? 0 : exponentOf(size);
  const forms = [0, 1, 2, 3].map((more) => ({ decimals: power - last + more, power }));
  const reads = (end, form) => Number(writtenIn(end, form).replace("−", "-")) * 10 ** power;
  return forms.find((form) => ends.every((end) => bounds.every((bound) => side(reads(end, form), bound) === side(end, bound)))) ?? forms[0];
}

// "0.69 [0.58, 0.79]"; null: no value, an open end, an open bound of the region.
function figures(value, low, high, region = []) {
  const ends = [low, high].filter((end) => end !== null);
  if (low !== null && low === high) return `${value === null ? "none" : Number(value.toPrecision(4))} exact`.replace("-", "−");
  const form = formOf(value, ends, region.filter((bound) => bound !== null));
  const times = form.power ? `×${superscript(form.power)}` : "";
  const [from, to] = [low, high].map((end) => (end === null ? "unbounded" : writtenIn(end, form)));
  const span = ends.length ? `[${from}, ${to}]${times}` : "unbounded";
  if (value === null) return `none ${span}`;
  if (low !== null && value < low) return `◂${from}${times} ${span}`;
  if (high !== null && value > high) return `${to}${times}▸ ${span}`;
  return `${writtenIn(value, form)}${times} ${span}`;
}
