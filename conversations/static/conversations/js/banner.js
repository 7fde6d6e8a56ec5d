/* Channels that send nothing at the moment: a line each above the inbox, gone when they work again. */

import { $, copy, fill, slots, words, write } from "../../hub/js/dom.js";

/** `replace(channels)` shows these and no others; `put(channel)` takes the server's word for one. */
export function createBanner(channels) {
  const holder = $("[data-stopped]");
  const lines = new Map();

  function put({ id, name, health }) {
    lines.get(id)?.remove();
    lines.delete(id);
    if (health?.stopped_at) {
      const line = copy("stopped-channel");
      const s = slots(line);
      const reason = health.stop_reason?.title || health.stop_reason?.code || "—";
      write(s.text, fill(words.channel_stopped, { channel: name, reason }));
      if (s.link) s.link.href = `/settings/channels/${id}/`;
      lines.set(id, line);
      holder.append(line);
    }
    holder.hidden = lines.size === 0;
  }

  function replace(all) {
    for (const id of lines.keys()) put({ id });
    for (const channel of all) put(channel);
  }

  replace(channels);
  return { put, replace };
}
