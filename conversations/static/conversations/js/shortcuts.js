/* The keys of the inbox. What they do is handed in; what they are called comes from the server. */

import { $, words } from "../../hub/js/dom.js";
import { listen, shortcuts } from "../../hub/js/keys.js";

/** Bind the keys to the inbox's actions and fill the sheet that "?" shows. */
export function bindKeys(act) {
  const { keys } = words;
  const withThread = (action) => () => (act.opened() ? action() : false);
  const inList = (action) => () => (act.inList() ? action() : false);
  shortcuts(
    { keys: ["j"], label: keys.next, run: act.next },
    { keys: ["k"], label: keys.previous, run: act.previous },
    { keys: ["ArrowDown"], label: keys.next, run: inList(act.next), hidden: true },
    { keys: ["ArrowUp"], label: keys.previous, run: inList(act.previous), hidden: true },
    { keys: ["Alt+ArrowDown"], label: keys.next_always, run: act.nextAlways, typing: true },
    { keys: ["Alt+ArrowUp"], label: keys.previous_always, run: act.previousAlways, typing: true },
    { keys: ["Enter"], label: keys.open, run: () => false },
    { keys: ["r"], label: keys.reply, run: withThread(act.reply) },
    { keys: ["n"], label: keys.note, run: withThread(act.note) },
    { keys: ["Ctrl+Enter"], label: keys.send, run: () => false, typing: true },
    { keys: ["e"], label: keys.resolve, run: withThread(act.resolve) },
    { keys: ["i"], label: keys.mine, run: withThread(act.mine) },
    { keys: ["a"], label: keys.assign, run: withThread(act.assign) },
    { keys: ["]"], label: keys.side, run: () => act.toggleSide() },
    { keys: ["Escape"], label: keys.back, run: () => escape(act), typing: true },
    { keys: ["?"], label: keys.help, run: () => $("#keys").showModal() },
  );
  listen($("#keys"));
}

/** Leave what one is in: first the text, then the conversation. A menu closes by itself. */
function escape(act) {
  if (document.querySelector(":popover-open")) return false;
  if (document.activeElement?.matches("textarea, input")) document.activeElement.blur();
  else if (act.opened()) act.close();
  else return false;
  return true;
}
