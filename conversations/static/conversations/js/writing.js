/* What it takes to write: the composer, the drafts behind it, and who else is at it. */

import { $ } from "../../hub/js/dom.js";
import { post } from "../../hub/js/http.js";
import { createAttention } from "./attention.js";
import { createComposer } from "./composer.js";
import { createDrafts } from "./drafts.js";
import { rememberSections } from "./fields.js";
import { createForms } from "./forms.js";

/** `opened()` is what is opened or null, `repaint(id)` shows a row of the list anew, `resolve()` ends the opened conversation. */
export function createWriting({ me, initial, store, thread, sender, opened, repaint, resolve }) {
  rememberSections(initial.settings);
  const attention = createAttention(me, initial.attention, { opened: () => opened()?.conversation, onChange: repaint });
  const drafts = createDrafts(me, initial.drafts, {
    onChange: repaint,
    onReplaced: (...told) => composer.replaced(...told),
    onNewer: (...told) => composer.contested(...told),
  });
  const composer = createComposer(me, {
    agents: store.agents, settings: initial.settings, drafts, writing: attention.writing,
    onSend: (said) => sender.send(opened().conversation.id, said),
    onResolve: resolve,
    onTyping: (id, first) => {
      attention.types();
      if (first) post(`/api/v1/conversations/${id}/typing`).catch(() => {});
    },
    onStill: attention.stops,
    onShow: ({ note }) => ($("[data-open-forms]").hidden = note || !forms?.any()),
    find: thread.find, lastSeq: thread.lastSeq, opened,
  });
  const forms = createForms({
    way: composer.way, conversation: () => opened().conversation,
    invitedTo: () => (store.channels ?? []).filter(({ kind }) => ["whatsapp", "twilio_whatsapp"].includes(kind)),
    onSend: (said) => sender.send(opened().conversation.id, { ...said, note: false, channel: composer.way()?.channel, anyway: true }),
    onText: (text) => composer.insert(text),
  });
  $("[data-open-forms]").addEventListener("click", forms.open);

  return {
    composer, attention, drafts,
    /** The feed's words about drafts and people. */
    heard: { "draft.updated": drafts.heard, "attention.updated": attention.heard },
    /** A conversation was opened: whoever was named in it has seen it now. */
    turn(data) {
      attention.turn();
      if (data?.mentioned) post(`/api/v1/conversations/${data.conversation.id}/seen`).catch(() => {});
    },
    /** Everything was read anew. */
    replace(state) {
      attention.replace(state.attention);
      for (const told of state.drafts) drafts.heard(told);
    },
  };
}
