/* The list: keyed rows, one row moved for one change, an order that holds still under the pointer. */

import { $, $$, copy, draw, initials, plural, slots, tone, words, write, writeOrHide } from "../../hub/js/dom.js";
import { ago, duration, full, secondsBetween } from "../../hub/js/time.js";
import { byline, mark, said } from "./saying.js";

const WAIT_WARN = 5 * 60;
const WAIT_BAD = 30 * 60;
const MOST = 100;
const MOST_UNREAD = 9;

/** onOpen(id) when a row is chosen; onMore() when the end comes near; draftOf(id) gives an unsent text. */
export function createList(store, { onOpen, onMore, draftOf }) {
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

  const frozen = () => elements.size > 0 && (pointed || scroller.scrollTop > 8);

  function rebuild() {
    held.clear();
    elements.clear();
    holder.replaceChildren(...store.order().map((id) => make(id)));
    scroller.scrollTop = 0;
    settle();
  }

  function make(id) {
    const element = copy("row");
    elements.set(id, element);
    element.dataset.id = id;
    paint(element, store.rows.get(id));
    return element;
  }

  function paint(element, row) {
    const s = slots(element);
    const name = row.customer_name || words.unknown_person;
    const last = row.last_message;
    const draft = draftOf(row.id);
    s.link.href = `/inbox/${row.id}/`;
    s.link.classList.toggle("unread", row.unread > 0);
    write(s.initials, initials(name));
    s.avatar.dataset.tone = tone(row.customer);
    mark(s.mark, row);
    write(s.name, name);
    tick(element, row);
    s.draft.hidden = !draft;
    write(s.by, draft || !last ? "" : byline(last));
    draw(s.icon, draft || !last || last.deleted_at || last.kind === "text" || last.kind === "note" ? "" : last.kind);
    write(s.text, draft || said(last));
    writeOrHide(s.unread, row.unread > MOST_UNREAD ? `${MOST_UNREAD}+` : row.unread || "");
    s.unread.setAttribute("aria-label", plural(words.unread, row.unread));
    writeOrHide(s.team, row.team?.name);
    writeOrHide(s.status, ["pending", "snoozed"].includes(row.status) ? words.status[row.status] : "");
    write(s.owner, store.view === "mine" ? "" : row.assignee?.name || row.assignee?.email || "");
    if (row.id === opened) s.link.setAttribute("aria-current", "true");
    else s.link.removeAttribute("aria-current");
  }

  function tick(element, row) {
    const s = slots(element);
    write(s.time, row.last_message_at ? ago(row.last_message_at) : "");
    s.time.dateTime = row.last_message_at ?? "";
    s.time.title = row.last_message_at ? full(row.last_message_at) : "";
    const waits = row.waiting_since && row.status !== "resolved" ? secondsBetween(row.waiting_since) : -1;
    s.waiting.hidden = waits < 60;
    s.waiting.classList.toggle("warn", waits >= WAIT_WARN && waits < WAIT_BAD);
    s.waiting.classList.toggle("bad", waits >= WAIT_BAD);
    if (waits >= 60) write(s.wait, duration(Math.floor(waits / 60) * 60));
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
    const beside = element.nextElementSibling ?? element.previousElementSibling;
    element.remove();
    if (focused) beside?.querySelector("a").focus();
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
    for (const empty of $$("[data-empty]", pane)) empty.hidden = store.rows.size > 0 || empty.dataset.empty !== store.view;
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
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
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
  setInterval(() => elements.forEach((element, id) => store.rows.has(id) && tick(element, store.rows.get(id))), 20_000);
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
    focused: () => document.activeElement?.closest?.("[data-rows] > li")?.dataset.id ?? null,
    focus(id) {
      $(".row", elements.get(id) ?? holder)?.focus();
    },
  };
}
