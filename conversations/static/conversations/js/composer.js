/* Where the answer is written: reply or note, drafts kept per conversation, a quote, the limits of the channel. */

import { $, $$, fill, plural, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { createAttachments } from "./attach.js";
import { said } from "./saying.js";

const LEFT_SHOWN = 200;

/** onSend({text, note, replyTo}); onDraft(conversation) when a draft changed. */
export function createComposer(me, { onSend, onDraft, find }) {
  const form = $("[data-composer]");
  const input = $("[data-text]", form);
  const quoteBox = $("[data-quote]", form);
  const shut = $("[data-closed]", form);
  let conversation = null;
  let note = false;
  let replyTo = null;
  let closed = false;
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
    form.toggleAttribute("data-shut", closed && !note);
    shut.hidden = !closed || note;
    for (const tab of $$("[data-mode]", form)) tab.setAttribute("aria-pressed", String((tab.dataset.mode === "note") === note));
    input.placeholder = note ? input.dataset.note : input.dataset.reply;
    const send = $("[data-send]", form);
    slots(send).reply.hidden = note;
    slots(send).note.hidden = !note;
    send.disabled = files.busy() || !(input.value.trim() || files.count());
    const left = input.maxLength - input.value.length;
    writeOrHide($("[data-left]", form), left <= LEFT_SHOWN ? plural(words.left, left) : "");
    const quoted = replyTo && find(replyTo);
    quoteBox.hidden = !replyTo;
    if (replyTo) {
      write(slots(quoteBox).author, quoted?.author.name || words.unknown_person);
      write(slots(quoteBox).text, quoted ? said(quoted) : "…");
    }
    grow();
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
    if (focus && !(closed && !note)) input.focus();
    keepDraft();
  }

  function send() {
    const text = input.value.trim();
    if (files.busy() || !conversation || (closed && !note)) return;
    const parts = files.parts(text, note);
    if (!parts.length) return;
    parts.forEach((part, at) => onSend({ ...part, note, replyTo: at ? null : replyTo }));
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
  });
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
    /** Turn to a conversation, with what was left unsent in it. */
    open(row) {
      conversation = row.id;
      const kept = draft(row.id);
      input.value = kept?.text ?? "";
      note = kept?.note ?? false;
      replyTo = kept?.replyTo ?? null;
      files.open(row.id);
      this.update(row);
    },
    /** What the conversation allows now. */
    update(row, windowClosed = closed) {
      closed = windowClosed;
      const channel = row.channels.find(({ id }) => id === row.last_channel) ?? row.channels.at(-1);
      files.to(channel);
      write($("[data-via]", form), channel ? fill(words.via, { channel: channel.name || words.channels[channel.kind] }) : "");
      show();
    },
    quote(message) {
      replyTo = message.id;
      mode(message.kind === "note" || note);
    },
    /** Put a text back that could not be sent. */
    restore(text, asNote) {
      input.value = [text, input.value].filter(Boolean).join("\n");
      mode(asNote);
    },
    reply: () => mode(false),
    note: () => mode(true),
    refresh: show,
    draftOf: (id) => (id === conversation ? input.value : draft(id)?.text)?.trim() ?? "",
  };
}
