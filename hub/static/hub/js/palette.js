/* The command palette: everything that can be done, found by typing; a step inside for "Assign…" and the like. */

import { $, copy, plural, slots, words, write, writeOrHide } from "./dom.js";
import { best } from "./fuzzy.js";
import { hints } from "./keys.js";

const MOST = 8; // rows of a group
const CALM = 180; // milliseconds without a letter before the server is asked
const RECENT = 6;

/**
 * `groups()` are the groups at hand: [{title, items: [{id, title, text, keys, run(), step}]}]; `find(query)` promises more of them.
 * An item with `step` ({name, title, items()}, maybe promised) opens a list of its own; where it is empty, the page says why by `name`. `recent` are ids used last, onRecent(ids) keeps them.
 */
export function createPalette({ groups, find, recent = [], onRecent }) {
  const dialog = $("#palette");
  const input = $("input", dialog);
  const list = $("[data-palette-list]", dialog);
  const told = $("[data-palette-told]", dialog);
  const crumb = $("[data-palette-step]", dialog);
  let step = null; // {title, items} of the step one is in
  let used = [...recent];
  let rows = []; // items in the order shown
  let found = []; // groups the server found
  let chosen = 0;
  let asked = 0;
  let timer = 0;

  function shownGroups() {
    const query = input.value.trim();
    const textsOf = ({ title, text, also }) => [title, text, ...(also ?? [])].filter(Boolean);
    if (step) return [{ title: step.title, items: best(query, step.items, textsOf, 50) }];
    const own = groups().map(({ title, items }) => ({ title, items: best(query, items, textsOf, MOST) }));
    if (query) return [...own, ...found];
    const all = own.flatMap(({ items }) => items);
    const last = used.map((id) => all.find((item) => item.id === id)).filter(Boolean).slice(0, RECENT);
    const rest = own.map(({ title, items }) => ({ title, items: items.filter((item) => !last.includes(item)) }));
    return [{ title: words.palette.recent, items: last }, ...rest];
  }

  function paint() {
    rows = [];
    const parts = shownGroups().filter(({ items }) => items.length).map(({ title, items }, at) => {
      const group = copy("palette-group");
      const heading = slots(group).title;
      heading.id = `palette-group-${at}`;
      write(heading, title);
      group.setAttribute("aria-labelledby", heading.id);
      group.append(...items.map((item) => line(item)));
      return group;
    });
    list.replaceChildren(...parts);
    chosen = Math.max(0, Math.min(chosen, rows.length - 1));
    const made = step && !step.items.length && $(`[data-palette-none=${step.name}]`, dialog);
    for (const none of dialog.querySelectorAll("[data-palette-none]")) {
      none.hidden = rows.length > 0 || none !== (made || $("[data-palette-none='']", dialog));
    }
    write(told, plural(words.palette.found, rows.length));
    writeOrHide(crumb, step?.title);
    mark();
  }

  function line(item) {
    const element = copy("palette-row");
    const s = slots(element);
    element.id = `palette-row-${rows.length}`;
    element.item = item;
    write(s.title, item.title);
    writeOrHide(s.text, item.text);
    s.more.hidden = !item.step;
    s.done.hidden = !item.on;
    s.keys.append(...hints((item.keys ?? []).slice(0, 1)));
    rows.push(item);
    return element;
  }

  function mark() {
    for (const element of list.querySelectorAll("[role=option]")) {
      const on = element.item === rows[chosen];
      element.setAttribute("aria-selected", String(on));
      if (on) element.scrollIntoView({ block: "nearest" });
    }
    if (rows.length) input.setAttribute("aria-activedescendant", `palette-row-${chosen}`);
    else input.removeAttribute("aria-activedescendant");
  }

  async function enter(next) {
    const mine = ++asked;
    const items = await next.items();
    if (mine !== asked) return;
    step = { ...next, items };
    input.value = "";
    chosen = 0;
    paint();
  }

  function pick(item) {
    if (!item) return;
    if (item.step) return enter(item.step);
    dialog.close();
    if (item.id && !step) {
      used = [item.id, ...used.filter((id) => id !== item.id)].slice(0, RECENT);
      onRecent?.(used);
    }
    item.run();
  }

  function look() {
    chosen = 0;
    paint();
    clearTimeout(timer);
    const query = input.value.trim();
    if (step || query.length < 2) return (found = []);
    timer = setTimeout(async () => {
      const mine = ++asked;
      const more = await find(query).catch(() => []);
      if (mine !== asked || !dialog.open) return;
      found = more;
      paint();
    }, CALM);
  }

  dialog.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move && rows.length) {
      chosen = (chosen + move + rows.length) % rows.length;
      mark();
    } else if (event.key === "Enter") pick(rows[chosen]);
    else if (event.key === "Backspace" && step && !input.value) {
      step = null;
      look();
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") dialog.close();
    else return;
    event.preventDefault();
  });
  input.addEventListener("input", look);
  list.addEventListener("click", ({ target }) => pick(target.closest("[role=option]")?.item));
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());

  return {
    /** Open it, at once inside a step when one is given. */
    open(inside = null) {
      asked += 1;
      step = null;
      found = [];
      input.value = "";
      chosen = 0;
      if (!inside) paint();
      dialog.showModal();
      input.focus();
      if (inside) enter(inside);
    },
  };
}
