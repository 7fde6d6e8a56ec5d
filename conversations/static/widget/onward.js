/* Going on on another channel: the link, and its picture for the telephone. */

import { $, fill, words, write } from "../hub/js/dom.js";

/** `ways` are the channels one can go on with; `invite(id)` makes the link. Returns show(yes) for the button. */
export function createOnward(ways, invite, onRefused) {
  const button = $("[data-onward]");
  const dialog = $("[data-onward-dialog]");
  const [way] = ways;
  if (!way) return () => {};
  const title = fill(words.went_on, { name: way.name });
  write($("[data-onward-name]"), way.name);
  button.setAttribute("aria-label", title);
  button.title = title;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const { url, qr } = await invite(way.id);
      write($("[data-onward-title]"), title);
      write($("[data-onward-link]"), title).href = url;
      $("[data-onward-picture]").src = new URL(qr).pathname;
      dialog.showModal();
    } catch (refusal) {
      onRefused(refusal);
    } finally {
      button.disabled = false;
    }
  });
  return (yes) => (button.hidden = !yes);
}
