/* Where the answer is written: reply or note, a draft of each, a quote, what others do meanwhile, the limits of the channel. */

import { $, $$, fill, plural, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { createAttachments } from "./attach.js";
import { createComplete } from "./complete.js";
import { createPicker } from "./picker.js";
import { said } from "./saying.js";
import { named, sourcesOf } from "./sources.js";
import { blanks } from "./variables.js";
import { createWays, isOpen } from "./ways.js";

const LEFT_SHOWN = 200;
const NOTE_LIMIT = 10_000;
const TYPING_EVERY = 20_000; // providers show it for about as long

/**
 * `drafts` keeps what is begun, `writing(id)` says who else writes there, `settings` what the member chose (enter_sends).
 * onSend({text, note, replyTo, channel, attachments, template, mentions, seen, anyway}); onResolve() after Ctrl+Shift+Enter;
 * onTyping(conversation, note) at each letter, onStill() when it went out.
 */
export function createComposer(me, { agents, settings, drafts, writing, onSend, onResolve, onTyping, onStill, onShow, find, lastSeq, opened }) {
  const form = $("[data-composer]");
  const input = $("[data-text]", form);
  const quoteBox = $("[data-quote]", form);
  const shut = $("[data-closed]", form);
  const asking = $("[data-asking]", form);
  let conversation = null;
  let note = false;
  let replyTo = null;
  let typedAt = 0;
  let seen = 0; // the newest message when this answer was begun
  let anyway = false; // the writer was asked and wants it all the same
  let newer = null; // what another screen of this member wrote
  const ways = createWays(form, { onChange: () => mode(note) });
  const picker = createPicker({
    onPick: (chosen) => {
      onSend({ ...chosen, note: false, replyTo, seen, anyway: true });
      ways.choose(chosen.channel);
      replyTo = null;
      show();
      keepDraft();
    },
  });
  const closed = () => Boolean(ways.current()) && !isOpen(ways.current());
  const files = createAttachments(form, { onChange: () => show() });
  const complete = createComplete(form, input, sourcesOf(me, agents, { isNote: () => note, opened, way: ways.current, isShut: () => closed() && !note }));

  function keepDraft() {
    if (conversation) drafts.write(conversation, note, input.value, replyTo);
  }

  /** Put what is kept of this conversation into the box. */
  function restoreDraft(anew = true) {
    const kept = drafts.of(conversation, note);
    input.value = kept.text;
    replyTo = kept.reply_to;
    if (anew) begin();
    show();
  }

  /** From here on, who answers is faster. */
  function begin() {
    seen = lastSeq();
    anyway = false;
    ask("");
  }

  function ask(sentence) {
    asking.hidden = !sentence;
    write(slots(asking).text, sentence);
    slots(asking).anyway.hidden = Boolean(newer);
    slots(asking).take.hidden = slots(asking).keep.hidden = !newer;
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
    writeOrHide($("[data-waits]", form), note || closed() ? "" : way?.waits);
    $("[data-pick]", form).hidden = note || !way?.templates;
    for (const tab of $$("[data-mode]", form)) tab.setAttribute("aria-pressed", String((tab.dataset.mode === "note") === note));
    input.placeholder = note ? input.dataset.note : input.dataset.reply;
    const send = $("[data-send]", form);
    slots(send).reply.hidden = note;
    slots(send).note.hidden = !note;
    const left = room(way);
    const open = note ? [] : blanks(input.value);
    send.disabled = files.busy() || left < 0 || open.length > 0 || !(input.value.trim() || files.count());
    const count = $("[data-left]", form);
    const bytes = !note && way?.limits?.unit === "bytes";
    const sentence = left < 0 ? (bytes ? words.over_bytes : words.over) : bytes ? words.left_bytes : words.left;
    writeOrHide(count, left <= LEFT_SHOWN ? plural(sentence, Math.abs(left)) : "");
    count.toggleAttribute("data-over", left < 0);
    writeOrHide($("[data-blanks]", form), open.length ? fill(words.blanks, { names: open.join(" ") }) : "");
    const people = note ? named(agents, input.value) : [];
    writeOrHide($("[data-named]", form), people.length ? fill(words.names_people, { names: people.map(({ name, email }) => name || email).join(", ") }) : "");
    showQuote();
    onShow?.({ note, way, closed: closed() });
    grow();
  }

  function showQuote() {
    const quoted = replyTo && find(replyTo);
    quoteBox.hidden = !replyTo;
    if (!replyTo) return;
    write(slots(quoteBox).author, quoted?.author.name || words.unknown_person);
    write(slots(quoteBox).text, quoted ? said(quoted) : "…");
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

  /** Turn to the answer or the note, each with its own text. */
  function mode(toNote, focus = true) {
    if (toNote !== note) {
      keepDraft();
      note = toNote;
      restoreDraft();
    }
    show();
    if (focus && !(closed() && !note)) input.focus();
  }

  /** Whether somebody else is at it, or was faster: asked once. */
  function mustAsk() {
    if (note || anyway) return false;
    const others = writing(conversation).map(({ agent }) => agent.name || agent.email);
    if (!others.length) return false;
    anyway = true;
    ask(fill(words.attention.ask, { name: new Intl.ListFormat(document.documentElement.lang).format(others) }));
    return true;
  }

  function send(then = null) {
    const text = input.value.trim();
    const way = ways.current();
    if (files.busy() || !conversation || (closed() && !note) || room(way) < 0 || (!note && blanks(text).length)) return;
    const parts = files.parts(text, note);
    if (!parts.length || mustAsk()) return;
    const people = note ? named(agents, text).map(({ id, name, email }) => ({ id, name: name || email })) : [];
    const about = { note, channel: way?.channel, mentions: people.map(({ id }) => id), payload: people.length ? { mentions: people } : {}, seen };
    parts.forEach((part, at) => onSend({ ...part, ...about, replyTo: at ? null : replyTo, anyway: anyway || at > 0 }));
    files.clear();
    complete.shut();
    input.value = "";
    replyTo = null;
    typedAt = 0; // what is written next is a new answer, and the customer is told of it at once
    keepDraft();
    begin();
    show();
    onStill?.();
    input.focus();
    then?.();
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
    if (input.value.length === 1) begin();
    keepDraft();
    complete.look();
    show();
    if (closed() && !note) return;
    const first = !note && Date.now() - typedAt >= TYPING_EVERY;
    if (first) typedAt = Date.now();
    onTyping(conversation, first);
  });
  for (const pick of $$("[data-pick], [data-pick-closed]", form)) pick.addEventListener("click", () => picker.open(ways.current()));
  input.addEventListener("keydown", (event) => {
    if (complete.key(event) || event.key !== "Enter" || event.isComposing) return;
    const modified = event.ctrlKey || event.metaKey;
    if (!modified && !(settings.enter_sends && !event.shiftKey && !event.altKey)) return;
    event.preventDefault();
    send(modified && event.shiftKey && !note ? onResolve : null);
  });
  for (const tab of $$("[data-mode]", form)) tab.addEventListener("click", () => mode(tab.dataset.mode === "note"));
  $("[data-drop-quote]", form).addEventListener("click", () => {
    replyTo = null;
    keepDraft();
    mode(note);
  });
  asking.addEventListener("click", ({ target }) => {
    if (target.closest("[data-anyway]")) return send();
    if (!newer || !target.closest("[data-take], [data-keep]")) return;
    drafts.choose(conversation, note, newer, Boolean(target.closest("[data-take]")));
    newer = null;
    if (target.closest("[data-take]")) restoreDraft();
    ask("");
    input.focus();
  });
  $("[data-canned]", form).addEventListener("click", () => complete.begin("/"));
  const faces = $("[data-emoji]", form);
  faces.addEventListener("click", ({ target }) => {
    if (!target.closest("button")) return;
    faces.hidePopover();
    insert(target.textContent);
  });

  return {
    /** Turn to a conversation, with what was left unsent in it and the ways to its person. */
    open(row, list) {
      if (conversation && conversation !== row.id) drafts.flush(conversation);
      const same = conversation === row.id;
      conversation = row.id;
      newer = null;
      if (!same) note = !drafts.of(row.id, false).text && Boolean(drafts.of(row.id, true).text);
      restoreDraft(!same);
      typedAt = 0;
      files.open(row.id);
      this.take(list, !same);
    },
    /** The server's word for the ways to the person. */
    take(list, anew = false) {
      ways.take(list, anew);
      this.refresh();
    },
    quote(message) {
      replyTo = message.id;
      keepDraft();
      mode(message.kind === "note" || note);
      replyTo = message.id;
      show();
      keepDraft();
    },
    /** Begin a note about a message. */
    noteAbout(message) {
      mode(true);
      if (!message.local) replyTo = message.id;
      keepDraft();
      show();
    },
    /** Put back what could not be sent: a text into the box, a template into the picker. */
    restore({ text, kind, template, via }) {
      if (via) ways.choose(via);
      if (template && ways.current()) {
        picker.open(ways.current(), template);
        return;
      }
      mode(kind === "note");
      input.value = [text, input.value].filter(Boolean).join("\n");
      keepDraft();
      show();
    },
    /** Another screen of this member wrote: shown, or asked about when both did. */
    replaced: (id, isNote) => id === conversation && isNote === note && restoreDraft(),
    contested(id, isNote, draft) {
      if (id !== conversation || isNote !== note) return;
      newer = draft;
      ask(fill(words.newer_draft, { text: draft.text.slice(0, 120) }));
    },
    insert, reply: () => mode(false), note: () => mode(true),
    canned: () => complete.begin("/"),
    /** Time has passed: what is left of each window, and whether one has closed. */
    refresh() {
      const way = ways.current();
      if (way) files.to({ id: way.channel, kind: way.kind, name: way.name });
      ways.paint();
      show();
    },
    /** The way the answer would go now. */
    way: ways.current,
    isEmpty: () => !input.value.trim() && !files.count(),
  };
}
