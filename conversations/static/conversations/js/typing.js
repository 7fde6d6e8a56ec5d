/* That the customer of the opened conversation is typing: shown for a moment, kept nowhere. */

import { $, fill, words, writeOrHide } from "../../hub/js/dom.js";

const SHOWN = 6000;

/** `opened()` is the opened conversation or undefined. */
export function createTyping(opened) {
  const line = $("[data-customer-types]");
  let timer = 0;

  /** Nobody types any more, or another conversation is open. */
  function stop() {
    clearTimeout(timer);
    writeOrHide(line, "");
  }

  return {
    stop,
    heard({ conversation }) {
      const row = opened();
      if (row?.id !== conversation) return;
      clearTimeout(timer);
      writeOrHide(line, fill(words.customer_types, { name: row.customer_name || words.unknown_person }));
      timer = setTimeout(stop, SHOWN);
    },
  };
}
