/* The open conversation: its messages and events in order, grouped, with days between them, and the place one reads at. */

import { $, copy, slots, words, write } from "../../hub/js/dom.js";
import { clock, day, dayKey } from "../../hub/js/time.js";
import { createBubble, isNote, paintBubble } from "./bubble.js";
import { episodeMark, sentence } from "./happenings.js";

const GROUP = 3 * 60 * 1000;
const NEAR_END = 80;
const MOST_BACK = 30; // pages read back to reach a message

/** onEarlier(firstId), onQuote(message), onReact(message, button), onRetry(message), onDiscard(message), onCopy(message), onNote(message), onSeen() when the newest one is in view. */
export function createThread({ onEarlier, onQuote, onReact, onRetry, onDiscard, onCopy, onNote, onSeen }) {
  const scroller = $("[data-messages-scroller]");
  const holder = $("[data-messages]");
  const earlier = $("[data-earlier]");
  const past = $("[data-earlier-conversations]");
  const toEnd = $("[data-to-end]");
  const messages = new Map();
  const quoted = new Map();
  const events = new Map();
  const episodes = new Map(); // earlier conversations on the page
  const elements = new Map(); // of messages, events and days, by key
  let shown = null; // the id of the opened conversation
  let unreadFrom = null;
  let stuck = true;
  let missed = 0;
  let loading = false;

  const find = (id) => messages.get(id) ?? quoted.get(id);

  /** Show a conversation from the start. */
  function show(data, local) {
    for (const map of [messages, quoted, events, elements, episodes]) map.clear();
    holder.replaceChildren();
    scroller.setAttribute("aria-live", "off");
    above(data.earlier);
    missed = 0;
    shown = data.conversation.id;
    for (const message of data.quoted) quoted.set(message.id, message);
    for (const message of [...data.messages, ...local]) messages.set(message.id, message);
    for (const event of data.events) events.set(event.id, event);
    const inbound = data.messages.filter(({ direction }) => direction === "inbound");
    unreadFrom = data.conversation.unread ? inbound.at(-data.conversation.unread)?.id ?? inbound[0]?.id ?? null : null;
    for (const message of messages.values()) paint(message);
    arrange();
    stuck = true;
    toEndOrUnread();
    requestAnimationFrame(() => scroller.setAttribute("aria-live", "polite"));
  }

  function toEndOrUnread() {
    scroller.scrollTop = scroller.scrollHeight;
    const line = elements.get("unread");
    if (line && line.offsetTop < scroller.scrollTop) scroller.scrollTop = line.offsetTop - 24;
    scrolled();
  }

  /** What comes before: more of this conversation by itself, earlier conversations when asked for, or nothing. */
  function above(word) {
    earlier.hidden = word !== "more" && word !== true;
    past.hidden = word !== "person";
  }

  function paint(message) {
    const element = elements.get(message.id);
    if (element) paintBubble(element, message, find(message.reply_to));
    else elements.set(message.id, createBubble(message, find(message.reply_to)));
  }

  /** Add or change one message. */
  function put(message) {
    const local = message.client_id && !message.local ? `local:${message.client_id}` : null;
    if (local && messages.has(local)) {
      messages.delete(local);
      if (messages.has(message.id)) elements.get(local)?.remove();
      else elements.set(message.id, elements.get(local));
      elements.delete(local);
    }
    if (message.local && [...messages.values()].some((known) => !known.local && known.client_id === message.client_id)) return;
    const fresh = !messages.has(message.id);
    messages.set(message.id, message);
    paint(message);
    for (const other of messages.values()) if (other.reply_to === message.id) paint(other);
    const own = message.local && message.status === "queued";
    const wasStuck = stuck || own;
    if (fresh && message.direction === "outbound") unreadFrom = null;
    arrange();
    if (wasStuck) end();
    else if (fresh && message.direction === "inbound") missed += 1;
    showEnd();
  }

  function drop(message) {
    messages.delete(message.id);
    elements.get(message.id)?.remove();
    elements.delete(message.id);
    arrange();
  }

  function putEvents(found) {
    for (const event of found) events.set(event.id, event);
    const wasStuck = stuck;
    arrange();
    if (wasStuck) end();
  }

  /** Put earlier messages above without moving what is read. */
  function prepend(data) {
    const height = scroller.scrollHeight;
    for (const message of data.quoted) quoted.set(message.id, message);
    for (const event of data.events ?? []) events.set(event.id, event);
    for (const [id, episode] of Object.entries(data.episodes ?? {})) episodes.set(id, episode);
    for (const message of data.messages) {
      messages.set(message.id, message);
      paint(message);
    }
    above(data.earlier);
    arrange();
    scroller.scrollTop += scroller.scrollHeight - height;
  }

  /** Bring the elements into order, with days, groups and the line of the unread between them. */
  function arrange() {
    const wanted = [];
    let last = null;
    let lastDay = null;
    let episode = null;
    for (const item of ordered()) {
      if (item.message && episodes.size && item.message.conversation !== episode) {
        episode = item.message.conversation;
        last = null;
        const key = `episode:${episode}`;
        if (!elements.has(key)) elements.set(key, episodeMark(episodes.get(episode) ?? null));
        wanted.push(elements.get(key));
      }
      if (dayKey(item.at) !== lastDay) {
        lastDay = dayKey(item.at);
        last = null;
        wanted.push(separator(`day:${lastDay}`, "day", day(item.at)));
      }
      if (item.id === unreadFrom) {
        last = null;
        wanted.push(separator("unread", "unread-line"));
      }
      const element = item.event ? eventLine(item.event) : elements.get(item.id);
      if (!item.event) group(element, item.message, last);
      last = item.event ? null : element;
      wanted.push(element);
    }
    let at = holder.firstChild;
    for (const element of wanted) {
      if (element === at) at = at.nextSibling;
      else holder.insertBefore(element, at);
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  function ordered() {
    const items = [...messages.values()].map((message) => ({ id: message.id, message, at: shownAt(message), seq: message.seq ?? Infinity }));
    const oldest = items.length ? Math.min(...items.map(({ at }) => Date.parse(at))) : 0;
    for (const event of events.values()) {
      if ((earlier.hidden && past.hidden) || Date.parse(event.at) >= oldest) items.push({ id: `event:${event.id}`, event, at: event.at, seq: -1 });
    }
    return items.sort((a, b) => late(a) - late(b) || Date.parse(a.at) - Date.parse(b.at) || a.seq - b.seq);
  }

  function separator(key, template, text) {
    if (!elements.has(key)) elements.set(key, copy(template));
    if (text) write($("span", elements.get(key)), text);
    return elements.get(key);
  }

  function eventLine(event) {
    const key = `event:${event.id}`;
    if (!elements.has(key)) elements.set(key, copy("event"));
    const s = slots(elements.get(key));
    write(s.text, sentence(event));
    write(s.time, clock(event.at));
    return elements.get(key);
  }

  function end() {
    scroller.scrollTop = scroller.scrollHeight;
    missed = 0;
  }

  function scrolled() {
    stuck = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
    if (stuck) {
      missed = 0;
      onSeen();
    }
    showEnd();
    if (scroller.scrollTop < 200 && !earlier.hidden && !loading) ask();
  }

  function showEnd() {
    toEnd.hidden = stuck;
    const s = slots(toEnd);
    s.count.hidden = missed === 0;
    write(s.count, missed);
  }

  async function ask() {
    const first = ordered().find(({ message }) => message && !message.local);
    if (!first || loading) return;
    loading = true;
    try {
      await onEarlier(first.id);
    } finally {
      loading = false;
    }
  }

  function point(id) {
    const element = elements.get(id);
    if (!element) return;
    element.scrollIntoView({ block: "center" });
    element.classList.add("pointed");
    setTimeout(() => element.classList.remove("pointed"), 1200);
  }

  /** Go to a message, reading back as far as it takes; the end of patience leaves the reader where they are. */
  async function reach(id) {
    for (let pages = 0; pages < MOST_BACK && !elements.has(id) && !(earlier.hidden && past.hidden); pages += 1) await ask();
    point(id);
  }

  /** What may have left already is asked for twice. */
  function retry(message, button) {
    if (message.status !== "unknown" || button.dataset.sure) return onRetry(message);
    button.dataset.sure = "true";
    write(button, words.send_anyway);
  }

  holder.addEventListener("click", ({ target }) => {
    const message = target.closest(".message")?.message;
    if (!message) return;
    if (target.closest("[data-reply]")) onQuote(message);
    else if (target.closest("[data-copy]")) onCopy(message);
    else if (target.closest("[data-note-about]")) onNote(message);
    else if (target.closest("[data-react]")) onReact(message, target.closest("[data-react]"));
    else if (target.closest("[data-retry]")) retry(message, target.closest("[data-retry]"));
    else if (target.closest("[data-discard]")) onDiscard(message);
    else if (target.closest(".quote")) point(message.reply_to);
  });
  scroller.addEventListener("scroll", scrolled, { passive: true });
  past.addEventListener("click", ask);
  toEnd.addEventListener("click", () => {
    end();
    scrolled();
  });
  new ResizeObserver(() => stuck && end()).observe(holder);
  new ResizeObserver(() => stuck && end()).observe(scroller);

  return {
    show, put, drop, putEvents, prepend, find, reach,
    lastInbound: () => ordered().findLast(({ message }) => message?.direction === "inbound")?.message ?? null,
    atEnd: () => stuck,
    /** The place of the newest message the server has shown here. */
    lastSeq: () => Math.max(0, ...[...messages.values()].filter(({ local, conversation }) => !local && conversation === shown).map(({ seq }) => seq ?? 0)),
  };
}

const late = ({ message }) => (message?.local ? 1 : 0);

/** A clock that runs ahead must not pin a message to the end. */
function shownAt({ sent_at: sent, received_at: received }) {
  return received && Date.parse(received) < Date.parse(sent) ? received : sent;
}

/** Join a message to the one before when the same person goes on within three minutes. */
function group(element, message, last) {
  const before = last?.message;
  const joined =
    before && before.direction === message.direction && before.author.id === message.author.id &&
    before.author.kind === message.author.kind && isNote(before) === isNote(message) &&
    Date.parse(shownAt(message)) - Date.parse(shownAt(before)) < GROUP;
  element.classList.toggle("joined", Boolean(joined));
  element.classList.remove("held", "quiet");
  const author = slots(element).author;
  author.hidden = Boolean(joined) || author.textContent === "";
  if (!joined) return;
  last.classList.add("held");
  last.classList.toggle("quiet", before.status === message.status && !before.edited_at && !before.deleted_at);
}
