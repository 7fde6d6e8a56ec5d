/* What was written here and is on its way: shown at once, kept in this browser until the server has it, sent once. */

import { fill, words } from "../../hub/js/dom.js";
import { post } from "../../hub/js/http.js";

/** onLocal(message) shows a state of a message of this page; onSaved(message) the server's in its place; onRefused(refusal) says why not; onNewer(messages) what somebody else said first. */
export function createSender(me, { onLocal, onSaved, onDropped, onRefused, onNewer }) {
  const shelf = `novelo:unsent:${me.id}`;
  const unsent = new Map(Object.entries(load(shelf)));
  const queues = new Map(); // one at a time in a conversation, so that order holds
  // What a closed page left on its way did not arrive, or arrived unseen: the same client id makes it safe to ask again.
  for (const message of unsent.values()) if (message.status === "queued") fail(message, words.no_connection, true);

  function save() {
    try {
      localStorage.setItem(shelf, JSON.stringify(Object.fromEntries(unsent)));
    } catch {
      // A full or closed storage costs only the safety net.
    }
  }

  function keep(message) {
    unsent.set(message.client_id, message);
    save();
    onLocal(message);
  }

  function fail(message, reason, passing) {
    keep({ ...message, status: "failed", error: { code: "", title: reason, retryable: passing }, passing });
  }

  async function transmit(message) {
    const waiting = { ...message, status: "queued", error: null };
    keep(waiting);
    const before = queues.get(message.conversation) ?? Promise.resolve();
    const mine = before.then(() => deliver(waiting));
    queues.set(message.conversation, mine);
    await mine;
  }

  async function deliver(message) {
    const { conversation, client_id, text, reply_to, attachments, template, via, mentions, seen, anyway, asked } = message;
    try {
      const saved = await post(`/api/v1/conversations/${conversation}/messages`, {
        client_id, private: message.kind === "note", ...(reply_to && { reply_to }), ...(via && { channel: via }),
        ...(template ? { template } : asked ? { ...asked, text } : { text }), ...(mentions?.length && { mentions }),
        ...(message.kind !== "note" && Number.isInteger(seen) && { seen_seq: seen, anyway: Boolean(anyway) }),
        ...(attachments.length && { attachments: attachments.map(({ id }) => id) }),
      });
      unsent.delete(client_id);
      save();
      onSaved(saved);
    } catch (refusal) {
      const reason = refusal.status === 0 ? words.no_connection : refusal.status >= 500 ? words.fault : detailOf(refusal);
      const { newer } = refusal.body ?? {};
      if (newer) onNewer?.(newer);
      fail({ ...message, anyway: message.anyway || Boolean(newer) }, reason, refusal.passing ?? false);
    }
  }

  /** Ask the server to send one of its messages once more: the same message, and nothing twice for one click. */
  async function again(message) {
    onSaved({ ...message, status: "queued", error: null });
    try {
      onSaved(await post(`/api/v1/messages/${message.id}/resend`, message.status === "unknown" ? { even_if_unknown: true } : {}, newId()));
    } catch (refusal) {
      onSaved(message);
      onRefused(refusal);
    }
  }

  return {
    /** Send words into a conversation. */
    send(conversation, { text, note, replyTo, channel, template, attachments = [], mentions = [], seen = null, anyway = false, asked = null, payload = {} }) {
      const now = new Date().toISOString();
      const client_id = newId();
      transmit({
        id: `local:${client_id}`, client_id, local: true, conversation, direction: "outbound",
        author: { kind: "agent", id: me.id, name: me.name || me.email }, kind: note ? "note" : template ? "template" : kindOf(asked) ?? attachments[0]?.kind ?? "text", text, payload,
        via: note ? null : channel, template, mentions, seen, anyway, asked,
        attachments, sent_at: now, received_at: now, reply_to: replyTo ?? null, referral: null, status: "queued",
        error: null, reactions: [], edited_at: null, deleted_at: null,
      });
    },
    retry(message) {
      if (message.local) transmit({ ...message, sent_at: new Date().toISOString() });
      else again(message);
    },
    /** Take an unsent message back; returns it. */
    drop(message) {
      unsent.delete(message.client_id);
      save();
      onDropped(message);
      return message;
    },
    /** The server told of a message with this client id: it is no longer only here. */
    arrived({ client_id }) {
      if (client_id && unsent.delete(client_id)) save();
    },
    /** What waits in a conversation. */
    of: (conversation) => [...unsent.values()].filter((message) => message.conversation === conversation),
    /** Try again what failed for want of a connection. */
    resume() {
      for (const message of unsent.values()) if (message.status === "failed" && message.passing) transmit(message);
    },
  };
}

const kindOf = (asked) => asked && (asked.interactive ? "interactive" : asked.location ? "location" : "contacts");

/** Why the server refused, in one line. */
export function detailOf(refusal) {
  const [first] = Object.values(refusal.errors ?? {}).flat();
  return typeof first === "string" ? first : refusal.detail || fill("HTTP {status}", { status: refusal.status });
}

function load(shelf) {
  try {
    return JSON.parse(localStorage.getItem(shelf)) ?? {};
  } catch {
    return {};
  }
}

/** A random id; `crypto.randomUUID` is missing where a page is neither https nor localhost. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
