/* What was begun and not sent, an answer and a note apart: kept on the server, here too until it has them. */

import { leaveWord, post } from "../../hub/js/http.js";

const CALM = 800; // milliseconds without a letter before the server is told
const EMPTY = { text: "", reply_to: null, version: 0 };

/**
 * `initial` are the server's drafts of this member: [{conversation, drafts}].
 * onChange(id) when a draft changed; onReplaced(id, private) when another screen's word took the place of what was here;
 * onNewer(id, private, draft) when both wrote on: nothing is overwritten until somebody chose.
 */
export function createDrafts(me, initial, { onChange, onReplaced, onNewer }) {
  const shelf = `novelo:drafts:${me.id}`;
  const kept = new Map();
  const key = (id, note) => `${id}:${note ? "note" : "reply"}`;
  for (const told of initial ?? []) for (const draft of told.drafts) kept.set(key(told.conversation, draft.private), clean(draft));
  for (const [name, draft] of Object.entries(load(shelf))) kept.set(name, { ...draft, dirty: true });

  const of = (id, note) => kept.get(key(id, note)) ?? EMPTY;

  /** What the server does not have yet outlives this page. */
  function shelve() {
    const unsaved = [...kept].filter(([, draft]) => draft.dirty).map(([name, { text, reply_to, version }]) => [name, { text, reply_to, version }]);
    try {
      if (unsaved.length) localStorage.setItem(shelf, JSON.stringify(Object.fromEntries(unsaved)));
      else localStorage.removeItem(shelf);
    } catch {
      // Without storage the server alone keeps them.
    }
  }

  function write(id, note, text, replyTo) {
    const before = of(id, note);
    if (before.text === text && before.reply_to === (replyTo ?? null)) return;
    const draft = { ...before, text, reply_to: replyTo ?? null, dirty: true };
    kept.set(key(id, note), draft);
    shelve();
    clearTimeout(draft.timer);
    draft.timer = setTimeout(save, CALM, id, note);
    onChange(id);
  }

  const body = (draft, note) => ({ text: draft.text, private: note, reply_to: draft.reply_to, version: draft.version });

  /** One save at a time for a draft: the next begins from the version the last one made. */
  async function save(id, note) {
    const draft = of(id, note);
    if (!draft.dirty || draft.saving) return;
    const { text, reply_to } = draft;
    kept.set(key(id, note), { ...draft, saving: true });
    try {
      const saved = await post(`/api/v1/conversations/${id}/drafts`, body(draft, note));
      settle(id, note, saved, { text, reply_to });
    } catch (refusal) {
      kept.set(key(id, note), { ...of(id, note), saving: false });
      if (refusal.status === 409 && refusal.body?.draft) onNewer(id, note, refusal.body.draft);
      else if (refusal.status === 404 || refusal.status === 403) kept.delete(key(id, note));
    }
    shelve();
  }

  /** The server has what was written then; what was written since follows. */
  function settle(id, note, saved, then) {
    const now = of(id, note);
    const unchanged = now.text === then.text && now.reply_to === then.reply_to;
    kept.set(key(id, note), { text: now.text, reply_to: now.reply_to, version: saved.version, dirty: !unchanged, saving: false });
    if (!unchanged) setTimeout(save, CALM, id, note);
  }

  /** The feed: how my drafts of a conversation stand on the server. */
  function heard({ conversation: id, drafts }) {
    for (const note of [false, true]) {
      const told = drafts.find((draft) => draft.private === note) ?? { private: note, ...EMPTY };
      const mine = of(id, note);
      if (told.text === mine.text && told.reply_to === mine.reply_to) {
        kept.set(key(id, note), { ...mine, version: told.version, dirty: false });
        continue;
      }
      if (mine.saving || told.version === mine.version) continue;
      if (mine.dirty && told.version) onNewer(id, note, told);
      else if (!mine.dirty) {
        kept.set(key(id, note), clean(told));
        onReplaced(id, note);
        onChange(id);
      }
    }
    shelve();
  }

  addEventListener("pagehide", () => {
    for (const [name, draft] of kept) {
      if (!draft.dirty || draft.saving) continue;
      const [id, what] = name.split(":");
      leaveWord(`/api/v1/conversations/${id}/drafts`, body(draft, what === "note"));
    }
  });

  return {
    of, write, heard,
    /** Tell the server now: the conversation is left. */
    flush(id) {
      for (const note of [false, true]) save(id, note);
    },
    /** It became a message: the server forgets it by itself when it says the same. */
    clear(id, note) {
      write(id, note, "", null);
    },
    /** Take what another screen wrote, or go on over it. */
    choose(id, note, draft, take) {
      if (take) kept.set(key(id, note), clean(draft));
      else kept.set(key(id, note), { ...of(id, note), version: draft.version, dirty: true });
      if (!take) save(id, note);
      shelve();
      onChange(id);
    },
    /** What a list shows of it: the answer, else the note. */
    textOf: (id) => of(id, false).text.trim() || of(id, true).text.trim(),
  };
}

const clean = ({ text, reply_to, version }) => ({ text, reply_to: reply_to ?? null, version, dirty: false });

function load(shelf) {
  try {
    return JSON.parse(localStorage.getItem(shelf)) ?? {};
  } catch {
    return {};
  }
}
