/* Reading a chart: the pointer or the arrow keys choose a place, a crosshair marks it, a tip and a live region say it. */

const SVG = "http://www.w3.org/2000/svg";
let shown = null; // {svg, place, parts}

document.addEventListener("pointermove", (event) => {
  const svg = event.target.closest?.("svg[data-readout]");
  if (!svg) return hide();
  const box = svg.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
  show(svg, nearest(readout(svg).x, x));
});

document.addEventListener("keydown", (event) => {
  const svg = event.target.closest?.("svg[data-readout]");
  if (!svg) return;
  const last = readout(svg).x.length - 1;
  const now = shown?.svg === svg ? shown.place : -1;
  const place = { ArrowRight: now + 1, ArrowLeft: now < 0 ? last : now - 1, Home: 0, End: last }[event.key];
  if (event.key === "Escape") hide();
  if (place === undefined || last < 0) return;
  event.preventDefault();
  show(svg, Math.min(last, Math.max(0, place)), true);
});

document.addEventListener("focusout", hide);
document.addEventListener("htmx:oobBeforeSwap", hide);

function readout(svg) {
  svg.readout ??= JSON.parse(svg.dataset.readout);
  return svg.readout;
}

function nearest(xs, x) {
  let best = -1;
  xs.forEach((at, place) => {
    if (best < 0 || Math.abs(at - x) < Math.abs(xs[best] - x)) best = place;
  });
  return best;
}

function hide() {
  shown?.parts.forEach((part) => part.remove());
  shown = null;
}

function show(svg, place, aloud = false) {
  if (place < 0) return hide();
  if (shown?.svg === svg && shown.place === place) return;
  hide();
  const { x, labels, series } = readout(svg);
  const parts = [cross(svg, x[place])];
  for (const { color, y } of series) if (y[place] !== null) parts.push(dot(svg, x[place], y[place], color));
  parts.push(tip(svg, x[place], labels[place], series.map((one) => [one.name, one.color, one.shown[place]])));
  shown = { svg, place, parts };
  if (aloud) say(`${labels[place]}: ${series.map((one) => `${one.name} ${one.shown[place]}`).join(", ")}`);
}

function cross(svg, x) {
  const line = document.createElementNS(SVG, "line");
  const { top, bottom } = svg.dataset;
  for (const [name, value] of Object.entries({ x1: x, x2: x, y1: top, y2: bottom })) line.setAttribute(name, value);
  line.classList.add("cross");
  return svg.appendChild(line);
}

function dot(svg, x, y, color) {
  const circle = document.createElementNS(SVG, "circle");
  for (const [name, value] of Object.entries({ cx: x, cy: y, r: 4.5 })) circle.setAttribute(name, value);
  circle.classList.add("seen-at", color ? `s${color}` : "quiet");
  return svg.appendChild(circle);
}

function tip(svg, x, label, lines) {
  const box = document.createElement("div");
  box.className = "tip";
  const head = document.createElement("p");
  head.textContent = label;
  const list = document.createElement("ul");
  for (const [name, color, words] of lines.toReversed()) {
    const item = document.createElement("li");
    const swatch = document.createElement("span");
    swatch.className = `swatch ${color ? `s${color}` : "quiet"}`;
    const value = document.createElement("b");
    value.textContent = words;
    item.append(swatch, name, value);
    list.append(item);
  }
  box.append(head, list);
  const home = svg.closest("[data-chart]");
  home.append(box);
  const at = (x / svg.viewBox.baseVal.width) * home.clientWidth;
  const left = at + 14 + box.offsetWidth > home.clientWidth ? at - 14 - box.offsetWidth : at + 14;
  box.style.transform = `translate(${Math.max(0, left)}px, 6px)`;
  return box;
}

function say(words) {
  let region = document.getElementById("readout");
  if (!region) {
    region = document.createElement("p");
    region.id = "readout";
    region.className = "seen-by-readers";
    region.setAttribute("aria-live", "polite");
    document.body.append(region);
  }
  region.textContent = words;
}
