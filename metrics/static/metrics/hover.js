/* Reading a chart: the pointer or the arrow keys choose a place or a mark, a tip and a live region say it, a click leads behind it. */

const SVG = "http://www.w3.org/2000/svg";
let shown = null; // {svg, place, parts, mark}

document.addEventListener("pointermove", (event) => {
  const svg = event.target.closest?.("svg[data-readout]");
  if (!svg) return hide();
  show(svg, placeUnder(svg, event));
});

document.addEventListener("click", (event) => {
  const svg = event.target.closest?.("svg[data-readout]");
  if (svg) lead(svg, placeUnder(svg, event));
});

document.addEventListener("keydown", (event) => {
  const svg = event.target.closest?.("svg[data-readout]");
  if (!svg) return;
  const { x, cells, columns = 1 } = readout(svg);
  const last = (cells ?? x).length - 1;
  const now = shown?.svg === svg ? shown.place : -1;
  const rows = cells ? { ArrowDown: now + columns, ArrowUp: now - columns } : {};
  const place = { ArrowRight: now + 1, ArrowLeft: now < 0 ? last : now - 1, Home: 0, End: last, ...rows }[event.key];
  if (event.key === "Escape") hide();
  if (event.key === "Enter") lead(svg, now);
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

function placeUnder(svg, event) {
  const { x, cells } = readout(svg);
  if (cells) return Number(event.target.closest("[data-place]")?.dataset.place ?? -1);
  const box = svg.getBoundingClientRect();
  return nearest(x, ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width);
}

function nearest(xs, x) {
  let best = -1;
  xs.forEach((at, place) => {
    if (best < 0 || Math.abs(at - x) < Math.abs(xs[best] - x)) best = place;
  });
  return best;
}

function lead(svg, place) {
  const { cells, leads } = readout(svg);
  const words = cells ? cells[place]?.leads : leads?.[place];
  if (words) document.dispatchEvent(new CustomEvent("figures:open", { detail: words }));
}

function hide() {
  shown?.parts.forEach((part) => part.remove());
  shown?.mark?.classList.remove("seen");
  shown = null;
}

function show(svg, place, aloud = false) {
  if (place < 0) return hide();
  if (shown?.svg === svg && shown.place === place) return;
  hide();
  const { x, labels, series, cells } = readout(svg);
  if (cells) return showCell(svg, place, cells[place], aloud);
  const parts = [cross(svg, x[place])];
  for (const { color, y } of series) if (y[place] !== null) parts.push(dot(svg, x[place], y[place], color));
  parts.push(tip(svg, x[place], labels[place], series.map((one) => [one.name, one.color, one.shown[place]])));
  shown = { svg, place, parts };
  if (aloud) say(`${labels[place]}: ${series.map((one) => `${one.name} ${one.shown[place]}`).join(", ")}`);
}

function showCell(svg, place, cell, aloud) {
  const mark = svg.querySelector(`[data-place="${place}"]`);
  mark.classList.add("seen");
  mark.classList.toggle("leads", Boolean(cell.leads));
  const { x, y, width, height } = mark.getBBox();
  const box = tip(svg, x + width / 2, cell.label, [[cell.shown, null, ""]], y + height);
  shown = { svg, place, mark, parts: [box] };
  if (aloud) say(`${cell.label}: ${cell.shown}`);
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

function tip(svg, x, label, lines, below = 0) {
  const box = document.createElement("div");
  box.className = "tip";
  const head = document.createElement("p");
  head.textContent = label;
  const list = document.createElement("ul");
  for (const [name, color, words] of lines.toReversed()) {
    const item = document.createElement("li");
    const value = document.createElement("b");
    value.textContent = words;
    if (color === null) {
      value.textContent = name;
      item.append(value);
    } else {
      const swatch = document.createElement("span");
      swatch.className = `swatch ${color ? `s${color}` : "quiet"}`;
      item.append(swatch, name, value);
    }
    list.append(item);
  }
  box.append(head, list);
  const home = svg.closest("[data-chart]");
  home.append(box);
  const scale = home.clientWidth / svg.viewBox.baseVal.width;
  const at = x * scale;
  const left = at + 14 + box.offsetWidth > home.clientWidth ? at - 14 - box.offsetWidth : at + 14;
  box.style.transform = `translate(${Math.max(0, left)}px, ${below ? below * scale + 4 : 6}px)`;
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
