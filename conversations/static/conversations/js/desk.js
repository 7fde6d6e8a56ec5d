/* The list side of the inbox: list, views, selection, menus and search brought together. */

import { $, $$ } from "../../hub/js/dom.js";
import { get } from "../../hub/js/http.js";
import { createChoosers, place } from "./choose.js";
import { createList } from "./list.js";
import { createSearch } from "./search.js";
import { createSelection } from "./selection.js";
import { createViews } from "./views.js";

/**
 * `acts` do things with conversations; `current()` is the opened one or null; open(id, message) opens one;
 * draftOf(id) and othersOf(id) say what a row shows besides.
 */
export function createDesk(store, { acts, current, open, draftOf, othersOf }) {
  const list = createList(store, {
    onOpen: (id) => open(id),
    onMore: async () => store.append(await get(`/inbox/rows/?${store.query({ after: store.next })}`)),
    draftOf,
    othersOf,
  });
  const find = (id) => (current()?.id === id ? current() : store.rows.get(id));
  const views = createViews(store, { onShown: () => list.open(current()?.id ?? null) });
  const selection = createSelection(store, {
    ids: list.ids,
    focused: () => list.focused() ?? current()?.id ?? null,
    onBar: (name, button) => pressed(name, selection.ids(), button),
  });
  const choosers = createChoosers(store, {
    find,
    expected: acts.expected,
    run: async (ids, act, name) => {
      const whole = selection.ids();
      if (whole.length && ids.every((id) => whole.includes(id))) selection.clear();
      return acts.run(ids, act, name);
    },
  });
  const search = createSearch(store, {
    onOpen: (id, message) => open(id, message),
    onClose: () => list.focus(current()?.id),
  });

  /** What keys and menus act on: what is selected, else the row the eye is on, else the opened conversation. */
  function targets() {
    if (selection.some()) return selection.ids();
    const id = list.focused() ?? current()?.id ?? null;
    return id === null ? [] : [id];
  }

  /** Do what a button says, with these conversations. */
  function pressed(name, ids, anchor = null) {
    if (["assign", "label", "priority", "snooze"].includes(name)) return choosers.open(name, ids, anchor);
    if (ids.length > 1 || selection.some()) selection.clear();
    if (name === "mine") return acts.run(ids, { do: "assign", assignee: store.me.id, ...acts.expected(ids) }, store.me.name);
    const row = find(ids[0]);
    const word = name === "resolve" && ids.length === 1 && row?.status === "resolved" ? "reopen" : name;
    return acts.run(ids, { do: word });
  }

  /** A key: on what it acts, or false when there is nothing. */
  const keyed = (name) => () => {
    const ids = targets();
    if (!ids.length) return false;
    pressed(name, ids, $(`[data-rows] [data-id="${ids.at(-1)}"]`));
  };

  /** Resolve, then open the one that came after it. */
  async function resolveNext() {
    const [id] = targets();
    if (!id) return false;
    const following = list.beside(id, 1) ?? list.beside(id, -1);
    await acts.run([id], { do: "resolve" });
    if (following && following !== id) open(following);
  }

  /** The menu of a row: by the right button of the mouse, or the menu key. */
  const menu = $("#row-menu");
  let menuOf = [];
  $("[data-rows]").addEventListener("contextmenu", (event) => {
    const item = event.target.closest("[data-id]");
    if (!item || event.shiftKey) return;
    event.preventDefault();
    const { id } = item.dataset;
    menuOf = selection.ids().includes(id) ? selection.ids() : [id];
    const row = find(id);
    for (const part of $$("[data-when-open]", menu)) part.hidden = row?.status === "resolved";
    for (const part of $$("[data-when-resolved]", menu)) part.hidden = row?.status !== "resolved";
    for (const part of $$("[data-when-read]", menu)) part.hidden = Boolean(row?.unread);
    for (const part of $$("[data-when-unread]", menu)) part.hidden = !row?.unread;
    $("[data-row-tab]", menu).href = `/inbox/${id}/`;
    menu.showPopover();
    place(menu, event.clientX || event.clientY ? { x: event.clientX, y: event.clientY } : item);
    $("[role=menuitem]:not([hidden])", menu).focus();
  });
  menu.addEventListener("click", ({ target }) => {
    const item = target.closest("[data-row-act]");
    const at = menu.getBoundingClientRect();
    if (target.closest("[role=menuitem]")) menu.hidePopover();
    if (item) pressed(item.dataset.rowAct, menuOf, { x: at.left, y: at.top });
  });
  menu.addEventListener("keydown", (event) => {
    if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const items = $$("[role=menuitem]", menu).filter((item) => !item.hidden);
    items.at((items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)) % items.length).focus();
  });

  store.addEventListener("unsure", ({ detail: { id } }) => unsure(id));
  const waiting = new Set();
  let timer = 0;

  /** Whether a kept or filtered view holds a conversation only the server knows: the beginning of the list is read again, calmly. */
  function unsure(id) {
    waiting.add(id);
    timer ||= setTimeout(async () => {
      timer = 0;
      const asked = [...waiting];
      waiting.clear();
      const page = await get(`/inbox/rows/?${store.query()}`).catch(() => null);
      if (!page) return;
      for (const row of page.results) if (asked.includes(row.id)) store.put(row, true);
      for (const one of asked) {
        const held = store.rows.get(one);
        const last = page.results.at(-1);
        const within = held && (!page.next || !last || store.before(held, last));
        if (within && !page.results.some((row) => row.id === one)) store.drop(one);
      }
      store.setCounts(page.counts);
    }, 400);
  }

  return {
    list, views, selection, search,
    keys: {
      search: search.show, select: () => selection.toggle(false), selectRange: () => selection.toggle(true),
      unread: keyed("unread"),
      resolveNext, undo: acts.undo,
      /** A key that opens a menu; null for a menu this side does not have. */
      choose: (name) => (["assign", "label", "priority", "snooze"].includes(name) ? keyed(name)() ?? true : null),
    },
    /** A key that acts on the opened conversation acts on the selected ones, or the row the eye is on, first. */
    onTargets(name, otherwise) {
      const id = list.focused();
      if (selection.some() || (id && id !== current()?.id)) return keyed(name)();
      return current() || id ? otherwise() : false;
    },
    pressed: (name, anchor) => current() && pressed(name, [current().id], anchor),
    /** Leave what lies over the list: the search, then the selection. */
    leave() {
      if (search.close()) return true;
      if (!selection.some()) return false;
      selection.clear();
      return true;
    },
  };
}
