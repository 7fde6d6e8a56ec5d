/* Where the visitor writes: text, files, and what they are asked before the first message. A draft outlives the page. */

import { $, $$, copy, fill, slots, words, write, writeOrHide } from "../hub/js/dom.js";

const MEGABYTES = 16;
const MOST_FILES = 5;

/** onSay(text, {files, asked}); onTyping() while somebody writes. `keep` holds the draft, `fields` what may be asked. */
export function createComposer(keep, fields, { onSay, onTyping }) {
  const form = $("[data-write]");
  const input = $("[data-text]");
  const asking = $("[data-fields]");
  const send = $("[data-send]");
  let chosen = [];

  const settle = () => (send.disabled = !input.value.trim() && !chosen.length);
  const complain = (sentence) => writeOrHide($("[data-wrong]"), sentence);
  const asked = () => Object.fromEntries(fields.map((name) => [name, form.elements[name].value.trim()]));

  function say() {
    const text = input.value.trim();
    if (!text && !chosen.length) return;
    if (!asking.hidden && $$("input", asking).some((field) => !field.reportValidity())) return;
    complain("");
    onSay(text, { files: chosen, asked: asked() });
    clear();
    input.focus();
  }

  function clear() {
    input.value = "";
    keep.set("draft", null);
    choose([]);
    grow();
  }

  function choose(files) {
    const large = files.find(({ size }) => size > MEGABYTES * 1024 * 1024);
    if (large) complain(fill(words.file_too_large, { n: MEGABYTES }));
    chosen = files.filter((file) => file !== large).slice(0, MOST_FILES);
    $("[data-files]").replaceChildren(...chosen.map((file) => {
      const element = copy("chosen");
      write(slots(element).name, file.name);
      $("[data-unchoose]", element).addEventListener("click", () => choose(chosen.filter((other) => other !== file)));
      return element;
    }));
    settle();
  }

  /** Browsers without field-sizing need to be told how tall the text is. */
  function grow() {
    if (CSS.supports("field-sizing", "content")) return;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say();
  });
  input.addEventListener("input", () => {
    keep.set("draft", input.value || null);
    if (input.value.trim()) onTyping();
    grow();
    settle();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    say();
  });
  input.addEventListener("paste", ({ clipboardData }) => clipboardData.files.length && choose([...chosen, ...clipboardData.files]));
  $("[data-attach]").addEventListener("click", () => $("[data-pick]").click());
  $("[data-pick]").addEventListener("change", ({ target }) => {
    choose([...chosen, ...target.files]);
    target.value = "";
    input.focus();
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) choose([...chosen, ...event.dataTransfer.files]);
  });

  input.value = keep.get("draft") ?? "";
  settle();
  for (const label of $$("[data-field]", form)) label.hidden = !fields.includes(label.dataset.field);
  return {
    clear,
    complain,
    focus: () => input.focus(),
    /** Show or hide the fields before the talk. */
    ask: (yes) => (asking.hidden = !yes),
    /** What was taken back is not lost. */
    giveBack(text) {
      if (!input.value) input.value = text;
      settle();
    },
  };
}
