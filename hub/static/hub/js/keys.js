/* One registry of shortcuts: what the listener obeys and what the "?" sheet shows. */

import { $, copy, write } from "./dom.js";

const registry = [];

/**
 * Add shortcuts: {keys: ["j", "ArrowDown"], label, run(event), typing: true where it also works while writing}.
 * "Alt+ArrowUp", "Ctrl+Enter" and "Shift+E" name modifiers; Ctrl stands for ⌘ too. `run` returning false lets the key pass.
 */
export function shortcuts(...entries) {
  registry.push(...entries);
}

/** Start listening, and fill the sheet of every shortcut. */
export function listen(sheet) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    const name = named(event);
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const entry = registry.find(({ keys, typing: also }) => keys.includes(name) && (!typing || also));
    if (entry && entry.run(event) !== false) event.preventDefault();
  });
  for (const { keys, label, hidden } of registry) {
    if (hidden) continue;
    const line = copy("shortcut");
    write($("span", line), label);
    for (const part of keys.slice(0, 2).map(shown)) {
      const key = document.createElement("kbd");
      $("b", line).append(" ", write(key, part));
    }
    $("[data-shortcuts]", sheet).append(line);
  }
}

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
