/* One registry of shortcuts: what the listener obeys, what the "?" sheet shows and what the palette offers. */

import { $, copy, write } from "./dom.js";

const registry = [];
const FOLLOWS = 1500; // milliseconds in which a second letter still belongs to the first
let letters = true;

/**
 * Add shortcuts: {keys: ["j", "ArrowDown"], label, run(event), typing: true where it also works while writing}.
 * "Alt+ArrowUp", "Ctrl+Enter" and "Shift+E" name modifiers; Ctrl stands for ⌘ too; "g i" is one letter after the other.
 * `run` returning false lets the key pass. With `id` the palette offers it too, while `when()` holds; `group` is its heading there.
 */
export function shortcuts(...entries) {
  registry.push(...entries);
}

/** What can be done now, for the palette: entries with an id whose time it is. */
export const commands = () => registry.filter(({ id, when }) => id && (!when || when()));

/** Whether single letters are shortcuts; combinations always are. */
export function useLetters(on) {
  letters = on;
}

/** Start listening, and fill the sheet of every shortcut. */
export function listen(sheet) {
  let first = null; // {key, at}: a letter that a second one may follow
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || ["Shift", "Control", "Alt", "Meta"].includes(event.key) || document.querySelector("dialog[open]")) return;
    const name = named(event);
    const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
    const both = first && Date.now() - first.at < FOLLOWS ? `${first.key} ${name}` : null;
    first = null;
    const fits = ({ keys, typing: also }, key) => keys.includes(key) && (!typing || also) && (letters || !isLetter(key));
    const entry = (both && registry.find((one) => fits(one, both))) ?? registry.find((one) => fits(one, name));
    if (entry) {
      if (entry.run(event) !== false) event.preventDefault();
    } else if (!typing && letters && registry.some(({ keys }) => keys.some((key) => key.startsWith(`${name} `)))) first = { key: name, at: Date.now() };
  });
  for (const { keys, label, hidden } of registry) {
    if (hidden) continue;
    const line = copy("shortcut");
    write($("span", line), label);
    $("b", line).append(...hints(keys));
    $("[data-shortcuts]", sheet).append(line);
  }
}

/** The keys of an entry as people see them, two at most. */
export function hints(keys) {
  return keys.slice(0, 2).flatMap((key) => key.split(" ")).flatMap((key) => [" ", write(document.createElement("kbd"), shown(key))]);
}

/** A sign pressed alone, with Shift or after another: what a person who speaks to the computer may set off by chance. */
const isLetter = (key) => /^(?:Shift\+)?\S$| /.test(key);

function named(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  // Shift belongs to the sign itself for "?" and "]", and is named for letters and words.
  if (event.shiftKey && (key.length > 1 || /\p{L}/u.test(key))) parts.push("Shift");
  return [...parts, key].join("+");
}

function shown(keys) {
  return keys
    .replace("ArrowUp", "↑").replace("ArrowDown", "↓").replace("Enter", "↵").replace("Escape", "Esc")
    .split("+").map((part) => (part.length === 1 ? part.toUpperCase() : part)).join(" ");
}
