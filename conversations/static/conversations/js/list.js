/* The list: keyed rows, one row moved for one change, an order that holds still under the pointer. */

import { $, $$, plural, slots, words, write } from "../../hub/js/dom.js";
import { createRow, paintRow, tickRow } from "./row.js";

const MOST = 100;

/** onOpen(id) when a row is chosen; onMore() when the end comes near; draftOf(id) an unsent text; othersOf(id) who looks too. */
export function createList(store, { onOpen, onMore, draftOf, othersOf }) {
  const pane = $("[data-list]");
  const body = $(".list-body", pane); // the pill of news lies over the rows: pointing at it still holds them
  const scroller = $("[data-scroller]", pane);
  const holder = $("[data-rows]", pane);
  const news = $("[data-news]", pane);
  const more = $("[data-more]", pane);
  const elements = new Map();
  const held = new Set(); // rows whose place has changed while the order was frozen
  let pointed = false;
  let opened = null;
  let loading = false;
  let left = null; // the row that had the focus and went, and where the focus went: back, should it be taken back

  const frozen = () => elements.size > 0 && (pointed || scroller.scrollTop > 8);

  function rebuild() {
    held.clear();
    elements.clear();
    holder.replaceChildren(...store.order().map((id) => make(id)));
    scroller.scrollTop = 0;
    settle();
  }

  function make(id) {
    const element = createRow(id);
    elements.set(id, element);
    paint(element, store.rows.get(id));
    return element;
  }

  function paint(element, row) {
    paintRow(element, row, { draft: draftOf(row.id), others: othersOf(row.id), opened: row.id === opened, view: store.view });
  }

  /** Move one row to where it belongs; everything else stays untouched. */
  function place(id) {
    const order = store.order();
    const element = elements.get(id);
    const after = order.slice(order.indexOf(id) + 1).find((other) => elements.has(other) && !held.has(other));
    const anchor = after ? elements.get(after) : null;
    if (element.isConnected && element.nextElementSibling === anchor) return;
    const focus = element.contains(document.activeElement) ? document.activeElement : null;
    if (holder.moveBefore && element.isConnected) holder.moveBefore(element, anchor);
    else {
      holder.insertBefore(element, anchor);
      focus?.focus({ preventScroll: true });
    }
  }

  function onRow({ detail: { id, fresh } }) {
    const row = store.rows.get(id);
    const known = elements.get(id);
    if (known) paint(known, row);
    if (frozen() && fresh !== false && (!known || moves(id))) held.add(id);
    else {
      if (!known) make(id);
      place(id);
      if (fresh && !known) slots(elements.get(id)).link.classList.add("fresh");
      if (left?.id === id && document.activeElement === left.beside) $(".row", elements.get(id)).focus();
    }
    settle();
  }

  /** Whether the row stands elsewhere than its time says. */
  function moves(id) {
    const shown = $$("[data-id]", holder).map((element) => element.dataset.id).filter((other) => store.rows.has(other));
    return shown.indexOf(id) !== store.order().filter((other) => elements.has(other)).indexOf(id);
  }

  function onGone({ detail: { id } }) {
    held.delete(id);
    const element = elements.get(id);
    elements.delete(id);
    if (!element) return settle();
    const focused = element.contains(document.activeElement);
    const beside = (element.nextElementSibling ?? element.previousElementSibling)?.querySelector("a");
    element.remove();
    if (focused) {
      beside?.focus();
      left = { id, beside };
    }
    settle();
  }

  /** Let the held rows go to their places. */
  function thaw() {
    if (!held.size) return;
    const ids = [...held];
    held.clear();
    for (const id of ids) {
      if (!store.rows.has(id)) continue;
      if (!elements.has(id)) make(id);
      place(id);
      slots(elements.get(id)).link.classList.add("fresh");
    }
    if (scroller.scrollTop <= 8) store.trim(Math.max(MOST, Math.ceil(elements.size / 50) * 50 - 50));
    settle();
  }

  function settle() {
    news.hidden = held.size === 0;
    if (held.size) write(slots(news).text, plural(words.new_rows, held.size));
    more.hidden = !store.next;
    const empty = Object.keys(store.filters).length ? "filtered" : $(`[data-empty="${store.view}"]`, pane) ? store.view : "kept";
    for (const one of $$("[data-empty]", pane)) one.hidden = store.rows.size > 0 || one.dataset.empty !== empty;
    rove();
  }

  /** One row can be reached by Tab: the focused one, the opened one, or the first. */
  function rove() {
    const links = $$(".row", holder);
    const chosen = links.find((link) => link === document.activeElement) ?? links.find((link) => link.ariaCurrent === "true") ?? links[0];
    for (const link of links) link.tabIndex = link === chosen ? 0 : -1;
  }

  const askMore = async () => {
    if (loading || !store.next) return;
    loading = true;
    try {
      await onMore();
    } finally {
      loading = false;
    }
  };

  holder.addEventListener("click", (event) => {
    const link = event.target.closest(".row");
    if (!link || event.target.closest("label") || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    onOpen(link.closest("li").dataset.id);
  });
  holder.addEventListener("focusin", rove);
  body.addEventListener("pointerenter", (event) => (pointed = event.pointerType === "mouse"));
  body.addEventListener("pointerleave", () => {
    pointed = false;
    if (!frozen()) thaw();
  });
  scroller.addEventListener("scroll", () => {
    if (!frozen()) thaw();
    if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 600) askMore();
  }, { passive: true });
  news.addEventListener("click", () => {
    scroller.scrollTo({ top: 0 });
    thaw();
    $(".row", holder)?.focus();
  });
  store.addEventListener("rows", rebuild);
  store.addEventListener("row", onRow);
  store.addEventListener("gone", onGone);
  setInterval(() => elements.forEach((element, id) => store.rows.has(id) && tickRow(element, store.rows.get(id))), 20_000);
  rebuild();

  return {
    /** Mark the open conversation. */
    open(id) {
      opened = id;
      elements.forEach((element, key) => store.rows.has(key) && paint(element, store.rows.get(key)));
      elements.get(id)?.scrollIntoView({ block: "nearest" });
      rove();
    },
    repaint(id) {
      if (elements.has(id) && store.rows.has(id)) paint(elements.get(id), store.rows.get(id));
    },
    /** The conversation `step` rows away from `id` (or from the focused row, or the first). */
    beside(id, step) {
      const shown = $$("[data-id]", holder).map((element) => element.dataset.id);
      const at = shown.indexOf(id);
      return at === -1 ? shown[0] : shown[at + step];
    },
    /** Ids from top to bottom. */
    ids: () => $$("[data-id]", holder).map((element) => element.dataset.id),
    focused: () => document.activeElement?.closest?.("[data-rows] > li")?.dataset.id ?? null,
    focus(id) {
      $(".row", elements.get(id) ?? holder)?.focus();
    },
  };
}
