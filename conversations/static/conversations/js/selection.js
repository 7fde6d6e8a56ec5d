/* Conversations chosen together: by their boxes, by X, by Shift a range; and the bar of what is done with all of them. */

import { $, $$, plural, words, write } from "../../hub/js/dom.js";

/** `ids()` are the rows from top to bottom; `focused()` the one the eye is on; onBar(name, button) when the bar is pressed. */
export function createSelection(store, { ids, focused, onBar }) {
  const pane = $("[data-list]");
  const holder = $("[data-rows]", pane);
  const bar = $("[data-bulk]", pane);
  const chosen = new Set();
  let anchor = null; // where a range begins

  function paint() {
    for (const item of $$("[data-id]", holder)) {
      const on = chosen.has(item.dataset.id);
      item.toggleAttribute("data-chosen", on);
      $("input", item).checked = on;
    }
    pane.toggleAttribute("data-choosing", chosen.size > 0);
    bar.hidden = chosen.size === 0;
    write($("[data-bulk-count]", bar), plural(words.selected, chosen.size));
  }

  function toggle(id, range = false) {
    const order = ids();
    const [from, to] = [order.indexOf(anchor), order.indexOf(id)];
    if (range && from !== -1 && to !== -1) for (const one of order.slice(Math.min(from, to), Math.max(from, to) + 1)) chosen.add(one);
    else if (!chosen.delete(id)) chosen.add(id);
    anchor = id;
    paint();
  }

  function clear() {
    chosen.clear();
    anchor = null;
    paint();
  }

  holder.addEventListener("click", (event) => {
    const box = event.target.closest(".row-check");
    if (!box) return;
    event.preventDefault();
    if (event.detail || event.target.matches("input")) toggle(box.closest("li").dataset.id, event.shiftKey);
  });
  bar.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    if (button.dataset.bulkAct === "clear") clear();
    else if (button.dataset.bulkAct === "all") {
      for (const id of ids()) chosen.add(id);
      paint();
    } else onBar(button.dataset.bulkAct, button);
  });
  store.addEventListener("gone", ({ detail: { id } }) => chosen.delete(id) && paint());
  store.addEventListener("rows", () => chosen.size && clear());
  store.addEventListener("row", ({ detail: { id } }) => chosen.has(id) && paint());

  return {
    clear,
    ids: () => [...chosen],
    some: () => chosen.size > 0,
    /** X: the focused row, else nothing. */
    toggle(range) {
      const id = focused();
      if (id === null) return false;
      toggle(id, range);
      return true;
    },
  };
}
