/* What every module needs of the page: templates, slots, drawings, and the sentences the server translated. */

export const words = read("words") ?? {};

/** The JSON the server put into the page under this id; null where there is none. */
export function read(id) {
  const element = document.querySelector(`script[type="application/json"][id="${id}"]`);
  return element ? JSON.parse(element.textContent) : null;
}

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

/** A copy of the first element of a <template>. */
export function copy(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** The slots of an element by name, found once and kept with it. */
export function slots(element) {
  element.slots ??= Object.fromEntries($$("[data-slot]", element).map((slot) => [slot.dataset.slot, slot]));
  return element.slots;
}

/** Write text only where it changed: an untouched node costs nothing and keeps its selection. */
export function write(element, text) {
  const value = String(text ?? "");
  if (element.textContent !== value) element.textContent = value;
  return element;
}

/** Write text, and hide the element when there is none. */
export function writeOrHide(element, text) {
  write(element, text);
  element.hidden = !text;
}

/** Put a drawing into an element; the same one again changes nothing. */
export function draw(element, name) {
  if (element.dataset.drawn === name) return;
  const drawing = name && document.getElementById("drawings").content.querySelector(`[data-drawing="${name}"]`);
  element.replaceChildren(...(drawing ? [drawing.firstElementChild.cloneNode(true)] : []));
  element.dataset.drawn = name;
}

/** Fill "{name}" in a sentence. */
export function fill(sentence, values) {
  return (sentence ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The sentence for a number, `more` filled in too: the server gives one form for each plural category of the language. */
export function plural(forms, count, more = {}) {
  const form = forms[new Intl.PluralRules(document.documentElement.lang).select(count)] ?? forms.other;
  return fill(form, { ...more, n: new Intl.NumberFormat(document.documentElement.lang).format(count) });
}

/** Two letters for an avatar; of a telephone number its last two digits. */
export function initials(name) {
  if (name?.startsWith("+")) return name.slice(-2);
  const parts = (name || "?").trim().split(/\s+/);
  const chosen = parts.length > 1 ? [parts[0], parts.at(-1)] : parts;
  return chosen.map((part) => [...part][0] ?? "").join("").toUpperCase();
}

/** The avatar tone of an id: the same number as the server's template filter gives. */
export function tone(id) {
  let sum = 0;
  for (const byte of new TextEncoder().encode(String(id))) sum += byte;
  return sum % 8;
}

/** Run at most once in `wait` milliseconds, with the last call never lost. */
export function calmly(wait, action) {
  let timer = 0;
  let last = 0;
  return () => {
    if (timer) return;
    timer = setTimeout(() => {
      timer = 0;
      last = Date.now();
      action();
    }, Math.max(0, last + wait - Date.now()));
  };
}
