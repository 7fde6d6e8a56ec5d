/* A conversation and a message in a few words: the channel's mark, who spoke, what was said. */

import { draw, words } from "../../hub/js/dom.js";

/** The channel of the last message, else the first one touched. */
export function mark(element, row) {
  const channel = row.channels.find(({ id }) => id === row.last_channel) ?? row.channels.at(-1);
  element.hidden = !channel;
  if (!channel) return;
  element.dataset.kind = channel.kind;
  element.title = words.channels[channel.kind] ?? channel.name;
  draw(element, `channel-${channel.kind}`);
}

/** Who said the last message, before its preview; nobody for the customer. */
export function byline({ direction, author_kind, kind }) {
  if (direction === "inbound") return "";
  if (kind === "note") return words.note_by;
  return author_kind === "bot" ? `${words.robot}:` : words.you;
}

/** One line of a message: its text, else what it is. */
export function said(message) {
  if (!message) return "";
  if (message.deleted_at) return words.deleted;
  return message.text?.replace(/\s+/g, " ").trim() || words.forms_of_kind[message.kind] || "";
}
