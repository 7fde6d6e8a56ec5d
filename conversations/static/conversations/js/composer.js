/* Where the answer is written: reply or note, drafts kept per conversation, a quote, the limits of the channel. */

import { $, $$, plural, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { createAttachments } from "./attach.js";
import { createPicker } from "./picker.js";
import { said } from "./saying.js";
import { createWays, isOpen } from "./ways.js";

const LEFT_SHOWN = 200;
const NOTE_LIMIT = 10_000;
const TYPING_EVERY = 20_000; // providers show it for about as long

/** onSend({text, note, replyTo, channel, attachments, template}); onDraft(conversation) when a draft changed; onTyping(conversation). */
export function createComposer(me, { onSend, onDraft, onTyping, find }) {
  const form = $("[data-composer]");
  const input = $("[data-text]", form);
  const quoteBox = $("[data-quote]", form);
  const shut = $("[data-closed]", form);
  let conversation = null;
  let note = false;
  let replyTo = null;
  let typedAt = 0;
  const ways = createWays(form, { onChange: () => mode(note) });
  const picker = createPicker({
    onPick: (said) => {
      onSend({ ...said, note: false, replyTo });
      ways.choose(said.channel);
      replyTo = null;
      show();
      keepDraft();
    },
  });
  const closed = () => Boolean(ways.current()) && !isOpen(ways.current());
  const files = createAttachments(form, { onChange: () => show() });

  const key = (id) => `novelo:draft:${me.id}:${id}`;

  function draft(id) {
    try {
      return JSON.parse(localStorage.getItem(key(id))) ?? null;
    } catch {
      return null;
    }
  }

  function keepDraft() {
    if (!conversation) return;
    const text = input.value;
    try {
      if (text.trim() || replyTo) localStorage.setItem(key(conversation), JSON.stringify({ text, note, replyTo }));
      else localStorage.removeItem(key(conversation));
    } catch {
      // Without storage a draft lives as long as the page.
    }
    onDraft(conversation);
  }

  function show() {
    form.dataset.writing = note ? "note" : "reply";
    const way = ways.current();
    form.toggleAttribute("data-shut", closed() && !note);
    shut.hidden = !closed() || note;
    if (!shut.hidden) {
      write(slots(shut).why, way.why || words.ways.closed_now);
      slots(shut).pick.hidden = !way.templates;
      slots(shut).kept.hidden = !input.value.trim();
    }
    $("[data-pick]", form).hidden = note || !way?.templates;
    for (const tab of $$("[data-mode]", form)) tab.setAttribute("aria-pressed", String((tab.dataset.mode === "note") === note));
    input.placeholder = note ? input.dataset.note : input.dataset.reply;
    const send = $("[data-send]", form);
    slots(send).reply.hidden = note;
    slots(send).note.hidden = !note;
    const left = room(way);
    send.disabled = files.busy() || left < 0 || !(input.value.trim() || files.count());
    const count = $("[data-left]", form);
    const bytes = !note && way?.limits?.unit === "bytes";
    const sentence = left < 0 ? (bytes ? words.over_bytes : words.over) : bytes ? words.left_bytes : words.left;
    writeOrHide(count, left <= LEFT_SHOWN ? plural(sentence, Math.abs(left)) : "");
    count.toggleAttribute("data-over", left < 0);
    const quoted = replyTo && find(replyTo);
    quoteBox.hidden = !replyTo;
    if (replyTo) {
      write(slots(quoteBox).author, quoted?.author.name || words.unknown_person);
      write(slots(quoteBox).text, quoted ? said(quoted) : "…");
    }
    grow();
  }

  /** How much more may be written: characters, or bytes where the channel counts those; negative when it is too much. */
  function room(way) {
    if (note) return NOTE_LIMIT - input.value.length;
    const { text: limit, unit } = way?.limits ?? { text: 4096, unit: "characters" };
    const text = input.value.trim();
    return limit - (unit === "bytes" ? new TextEncoder().encode(text).length : [...text].length);
  }

  /** Browsers without field-sizing need to be told how tall the text is. */
  function grow() {
    if (CSS.supports("field-sizing", "content")) return;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  }

  function mode(toNote, focus = true) {
    note = toNote;
    show();
    if (focus && !(closed() && !note)) input.focus();
    keepDraft();
  }

  function send() {
    const text = input.value.trim();
    const way = ways.current();
    if (files.busy() || !conversation || (closed() && !note) || room(way) < 0) return;
    const parts = files.parts(text, note);
    if (!parts.length) return;
    parts.forEach((part, at) => onSend({ ...part, note, replyTo: at ? null : replyTo, channel: way?.channel }));
    files.clear();
    input.value = "";
    replyTo = null;
    keepDraft();
    show();
    input.focus();
  }

  function insert(text) {
    input.focus();
    input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
    input.dispatchEvent(new Event("input"));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  input.addEventListener("input", () => {
    keepDraft();
    show();
    if (note || closed() || Date.now() - typedAt < TYPING_EVERY) return;
    typedAt = Date.now();
    onTyping(conversation);
  });
  for (const pick of $$("[data-pick], [data-pick-closed]", form)) pick.addEventListener("click", () => picker.open(ways.current()));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  for (const tab of $$("[data-mode]", form)) tab.addEventListener("click", () => mode(tab.dataset.mode === "note"));
  $("[data-drop-quote]", form).addEventListener("click", () => {
    replyTo = null;
    mode(note);
  });
  const faces = $("[data-emoji]", form);
  faces.addEventListener("click", ({ target }) => {
    if (!target.closest("button")) return;
    faces.hidePopover();
    insert(target.textContent);
  });

  return {
    /** Turn to a conversation, with what was left unsent in it and the ways to its person. */
    open(row, list) {
      conversation = row.id;
      const kept = draft(row.id);
      input.value = kept?.text ?? "";
      note = kept?.note ?? false;
      replyTo = kept?.replyTo ?? null;
      typedAt = 0;
      files.open(row.id);
      this.take(list, true);
    },
    /** The server's word for the ways to the person. */
    take(list, anew = false) {
      ways.take(list, anew);
      this.refresh();
    },
    quote(message) {
      replyTo = message.id;
      mode(message.kind === "note" || note);
    },
    /** Put back what could not be sent: a text into the box, a template into the picker. */
    restore({ text, kind, template, via }) {
      if (via) ways.choose(via);
      if (template && ways.current()) {
        picker.open(ways.current(), template);
        return;
      }
      input.value = [text, input.value].filter(Boolean).join("\n");
      mode(kind === "note");
    },
    reply: () => mode(false),
    note: () => mode(true),
    /** Time has passed: what is left of each window, and whether one has closed. */
    refresh() {
      const way = ways.current();
      if (way) files.to({ id: way.channel, kind: way.kind, name: way.name });
      ways.paint();
      show();
    },
    /** The way the answer would go now. */
    way: ways.current,
    draftOf: (id) => (id === conversation ? input.value : draft(id)?.text)?.trim() ?? "",
  };
}
