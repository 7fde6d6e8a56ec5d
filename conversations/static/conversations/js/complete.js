/* What a sign begins while writing: "/" a canned reply, "@" a member in a note, ":" an emoji. A list above the text. */

import { $, copy, plural, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { best } from "../../hub/js/fuzzy.js";

const BEGUN = { "/": /(?:^|\s)\/([\p{L}\p{N}_-]{0,40})$/u, "@": /(?:^|[\s(])@([\p{L}\p{N}._ -]{0,30})$/u, ":": /(?:^|\s):(\p{L}{2,20})$/u };
const MOST = 8;

/**
 * `sources` by sign: {items(): the list or a promise of it, texts(item), show(item): {title, text, hint}, pick(item): what to write
 * in the place of the sign, ends(before): whether that was just written, usable(): whether the sign means anything now}.
 */
export function createComplete(form, input, sources) {
  const box = $("[data-complete]", form);
  const told = $("[data-complete-count]", form);
  let open = null; // {sign, from, items}
  let chosen = 0;
  let asked = 0;

  async function look() {
    const mine = ++asked;
    const before = input.value.slice(0, input.selectionStart);
    for (const [sign, source] of Object.entries(sources)) {
      const match = source.usable() && before.match(BEGUN[sign]);
      if (!match || source.ends?.(before)) continue;
      const all = await source.items();
      if (mine !== asked) return;
      const items = best(match[1].trim(), all, source.texts, MOST);
      if (!items.length) break;
      open = { sign, from: before.length - match[1].length - 1, items };
      chosen = 0;
      paint();
      return;
    }
    shut();
  }

  function paint() {
    const source = sources[open.sign];
    box.replaceChildren(...open.items.map((item, place) => {
      const line = copy("completion");
      const s = slots(line);
      const { title, text = "", hint = "" } = source.show(item);
      line.id = `completion-${place}`;
      line.setAttribute("aria-selected", String(place === chosen));
      write(s.title, title);
      writeOrHide(s.text, text);
      writeOrHide(s.hint, hint);
      return line;
    }));
    box.hidden = false;
    box.setAttribute("aria-label", words.complete[open.sign]);
    input.setAttribute("aria-activedescendant", `completion-${chosen}`);
    write(told, plural(words.complete.found, open.items.length));
    $(`#completion-${chosen}`, box)?.scrollIntoView({ block: "nearest" });
  }

  function shut() {
    asked += 1;
    open = null;
    box.hidden = true;
    box.replaceChildren();
    write(told, "");
    input.removeAttribute("aria-activedescendant");
  }

  function pick(item) {
    const { sign, from } = open;
    const said = sources[sign].pick(item);
    shut();
    input.setRangeText(said, from, input.selectionStart, "end");
    input.dispatchEvent(new Event("input"));
  }

  /** Before the composer's own keys; true when the key was for the list. */
  function key(event) {
    if (!open || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      chosen = (chosen + step + open.items.length) % open.items.length;
      paint();
    } else if (event.key === "Enter" || event.key === "Tab") pick(open.items[chosen]);
    else if (event.key === "Escape") shut();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  box.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the text keeps the focus
    const line = event.target.closest("[role=option]");
    if (line && open) pick(open.items[[...box.children].indexOf(line)]);
  });
  input.addEventListener("blur", shut);
  input.addEventListener("click", look);

  return {
    look, key, shut,
    /** Begin with a sign, as from a button. */
    begin(sign) {
      input.focus();
      const before = input.value.slice(0, input.selectionStart);
      input.setRangeText(`${before && !/\s$/.test(before) ? " " : ""}${sign}`, input.selectionStart, input.selectionEnd, "end");
      input.dispatchEvent(new Event("input"));
    },
  };
}

