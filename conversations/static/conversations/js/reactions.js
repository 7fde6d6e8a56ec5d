/* An emoji of ours under a customer's message: one of a few, shown at once, taken back when the server refuses it. */

import { $, $$, words } from "../../hub/js/dom.js";
import { post } from "../../hub/js/http.js";

const ABOVE = 8;

/** Whether a message takes one. */
export const takesReaction = ({ direction, channel_kind: kind, deleted_at: deleted, local }) =>
  direction === "inbound" && !deleted && !local && Boolean(words.reacts[kind]);

const own = (message) => message.reactions.find(({ by }) => by === "business")?.emoji ?? "";

/** onShown(message) shows the message with its reactions; onRefused(refusal) says why not. */
export function createReactions({ onShown, onRefused }) {
  const menu = $("#reactions");
  let message = null;

  async function react(to, emoji) {
    const others = to.reactions.filter(({ by }) => by !== "business");
    onShown({ ...to, reactions: emoji ? [...others, { emoji, by: "business", at: new Date().toISOString() }] : others });
    try {
      onShown(await post(`/api/v1/messages/${to.id}/reactions`, { emoji }));
    } catch (refusal) {
      onShown(to);
      onRefused(refusal);
    }
  }

  menu.addEventListener("click", ({ target }) => {
    const face = target.closest("button")?.textContent;
    if (!face || !message) return;
    menu.hidePopover();
    react(message, face === own(message) ? "" : face);
  });

  return {
    /** Offer the faces beside `anchor`; the one that is there already takes itself back. */
    open(to, anchor) {
      message = to;
      for (const button of $$("button", menu)) button.setAttribute("aria-pressed", String(button.textContent === own(to)));
      menu.showPopover();
      const box = anchor.getBoundingClientRect();
      const left = Math.min(box.left, innerWidth - menu.offsetWidth - ABOVE);
      menu.style.left = `${Math.max(ABOVE, left)}px`;
      menu.style.top = `${Math.max(ABOVE, box.top - menu.offsetHeight - ABOVE)}px`;
      $("button", menu).focus();
    },
  };
}
