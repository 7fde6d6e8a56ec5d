/* Where the answer goes: the ways to the person, the one that is chosen, until when each is open and why another is closed. */

import { $, copy, draw, fill, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { duration, secondsBetween } from "../../hub/js/time.js";
import { shownAddress } from "./side.js";

const CLOSING = 2 * 3600;

/** Seconds until free text is refused; null where nothing closes. */
export const left = (way) => (way?.closes_at ? -secondsBetween(way.closes_at) : null);

/** Whether anything may be said there now. */
export const isOpen = (way) => Boolean(way?.open) && (left(way) === null || left(way) > 0);

/** The switch of the composer `form`. `onChange()` when another way was chosen; the server's list comes by `take`. */
export function createWays(form, { onChange }) {
  const button = $("[data-ways-button]", form);
  const menu = $("[data-ways]", form);
  let ways = [];
  let chosen = null;

  const current = () =>
    ways.find(({ channel }) => channel === chosen) ?? ways.find((way) => way.default) ?? ways.find(isOpen) ?? ways[0] ?? null;

  function paint() {
    const way = current();
    button.hidden = !way;
    if (!way) return;
    const s = slots(button);
    paintMark(s.mark, way);
    write(s.name, way.name || words.channels[way.kind]);
    paintChip(s.chip, way);
    button.setAttribute("aria-label", fill(words.ways.button, { channel: way.name || words.channels[way.kind] }));
  }

  // Drawn when it opens and left alone while somebody looks at it.
  menu.addEventListener("beforetoggle", ({ newState }) => {
    if (newState === "open") menu.replaceChildren(title(), ...ways.map(item));
  });

  function title() {
    const element = document.createElement("p");
    element.className = "menu-title";
    return write(element, words.ways.title);
  }

  function item(way) {
    const element = copy("way");
    const s = slots(element);
    const usable = isOpen(way) || way.templates;
    paintMark(s.mark, way);
    write(s.name, way.name || words.channels[way.kind]);
    write(s.address, way.address && shownAddress({ kind: /^\d{8,15}$/.test(way.address) ? "phone" : "", value: way.address }));
    paintChip(s.chip, way);
    const closed = isOpen(way) ? "" : way.why || words.ways.closed_now;
    writeOrHide(s.why, [way.waits, closed].filter(Boolean).join(" "));
    if (way === current()) element.setAttribute("aria-current", "true");
    if (!usable) element.setAttribute("aria-disabled", "true");
    element.addEventListener("click", () => {
      if (!usable) return;
      chosen = way.channel;
      menu.hidePopover();
      paint();
      onChange();
    });
    return element;
  }

  return {
    /** The server's word for the ways to a person; `anew` forgets which one was chosen. */
    take(list, anew = false) {
      ways = list ?? [];
      if (anew) chosen = null;
      paint();
    },
    choose(channel) {
      chosen = channel;
      paint();
    },
    current,
    chosen: () => chosen,
    paint,
  };
}

function paintMark(element, way) {
  element.dataset.kind = way.kind;
  draw(element, `channel-${way.kind}`);
}

/** "23 h 12 min", or that it is closed; nothing where it never closes. */
function paintChip(element, way) {
  const seconds = left(way);
  const open = isOpen(way);
  writeOrHide(element, open ? (seconds === null ? "" : duration(seconds)) : words.ways[way.templates ? "templates_only" : "closed"]);
  element.title = open && seconds !== null ? fill(words.ways.until, { left: duration(seconds) }) : "";
  element.classList.toggle("good", open && seconds > CLOSING);
  element.classList.toggle("warn", !open || seconds <= CLOSING);
}
