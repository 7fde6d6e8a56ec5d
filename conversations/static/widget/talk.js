/* The talk: messages in their order under the marks of their days, what is new told to the ear once, the end kept in sight. */

import { $, copy, write } from "../hub/js/dom.js";
import { day, dayKey } from "../hub/js/time.js";
import { paint } from "./bubbles.js";

const NEAR = 80; // pixels from the end that still count as the end

export function createTalk() {
  const scroller = $("[data-scroller]");
  const holder = $("[data-messages]");
  const shown = new Map(); // by id, and by client id while the server has not said one

  const keyOf = (message) => (message.mine && message.client_id ? `c ${message.client_id}` : message.id);
  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
  const toEnd = () => (scroller.scrollTop = scroller.scrollHeight);
  let following = true; // whoever sees the end keeps seeing it, also while a picture comes in or the keyboard goes up

  scroller.addEventListener("scroll", () => (following = atEnd()), { passive: true });
  const grown = new ResizeObserver(() => following && toEnd());
  [scroller, holder].forEach((one) => grown.observe(one));

  function put(message) {
    const key = keyOf(message);
    const known = shown.get(key);
    if (known) {
      const before = known.message;
      if (before.seen) message = { ...message, seen: true };
      if (!before.waiting && message.waiting) return;
      paint(message, known);
      if (before.at !== message.at) place(known);
      return;
    }
    const element = paint(message);
    shown.set(key, element);
    place(element);
  }

  /** Put an element where its time says; the last one of equal times last. */
  function place(element) {
    const at = element.message.at;
    let after = holder.lastElementChild;
    while (after && (after === element || !after.message || (after.message.waiting ? 1 : 0) - (element.message.waiting ? 1 : 0) > 0 || (!element.message.waiting && after.message.at > at))) after = after.previousElementSibling;
    if (after) after.after(element);
    else holder.prepend(element);
    marks();
  }

  function marks() {
    let before = null;
    for (const element of Array.from(holder.children)) {
      if (!element.message) {
        element.remove();
        continue;
      }
      const key = dayKey(element.message.at);
      if (key !== before) {
        const mark = copy("day");
        write(mark.firstElementChild, day(element.message.at));
        element.before(mark);
      }
      before = key;
    }
  }

  return {
    atEnd,
    toEnd,
    /** Show messages; the view follows its end when it was there, or when one's own was put. */
    put(messages, { stay = false } = {}) {
      const follow = !stay && (atEnd() || messages.some(({ mine, waiting }) => mine && waiting));
      const height = scroller.scrollHeight - scroller.scrollTop;
      messages.forEach(put);
      following = follow;
      if (follow) toEnd();
      else if (stay) scroller.scrollTop = scroller.scrollHeight - height;
    },
    /** The team has read what was said until then. */
    seen(until) {
      for (const element of shown.values()) {
        const { message } = element;
        if (message.mine && !message.waiting && !message.seen && message.at <= until) paint({ ...message, seen: true }, element);
      }
    },
    drop(clientId) {
      shown.get(`c ${clientId}`)?.remove();
      shown.delete(`c ${clientId}`);
      marks();
    },
    clear() {
      shown.clear();
      holder.replaceChildren();
    },
    messages: () => [...shown.values()].map(({ message }) => message),
    of: (element) => element.closest(".said")?.message,
    get size() {
      return shown.size;
    },
  };
}
