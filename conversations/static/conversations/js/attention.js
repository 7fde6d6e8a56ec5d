/* Who else looks at the opened conversation or writes in it, and telling that this member does: where attention is. */

import { $, fill, initials, tone, words, write, writeOrHide } from "../../hub/js/dom.js";
import { leaveWord, post } from "../../hub/js/http.js";

const BEAT = 10_000; // how often the server is told that somebody is still here
const IDLE = 60_000; // without a movement for so long nobody is
const WRITING = 12_000; // since the last letter
const AWAY = 2000; // a glance at another window is none
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart", "scroll"];

/** `opened()` is the opened conversation or null; onChange(id) when somebody came or went in a conversation. */
export function createAttention(me, initial, { opened, onChange }) {
  const people = new Map((initial ?? []).map(({ conversation, people: found }) => [conversation, found]));
  let attended = null; // {id, doing} the server was told
  let movedAt = Date.now();
  let wroteAt = 0;
  let blurredAt = document.hasFocus() ? 0 : Date.now();
  let timer = 0;

  /** Whether the agent is with this page. */
  const present = () => !document.hidden && Date.now() - movedAt < IDLE && !(blurredAt && Date.now() - blurredAt > AWAY);

  function look() {
    const row = present() ? opened() : null;
    const doing = Date.now() - wroteAt < WRITING ? "writes" : "views";
    if (attended && attended.id !== row?.id) {
      const idle = !row && blurredAt ? Math.min(60, Math.round((Date.now() - blurredAt) / 1000)) : 0;
      leaveWord(`/api/v1/conversations/${attended.id}/attention`, { doing: "gone", idle });
      attended = null;
    }
    if (!row || (attended?.doing === doing && Date.now() - attended.at < BEAT - 500)) return;
    attended = { id: row.id, doing, at: Date.now() };
    post(`/api/v1/conversations/${row.id}/attention`, { doing }).then(heard, () => (attended = attended?.id === row.id ? null : attended));
  }

  /** Look soon: many signs make one look. */
  function soon(wait = 250) {
    timer ||= setTimeout(() => {
      timer = 0;
      look();
    }, wait);
  }

  /** The server's word for who is in a conversation. */
  function heard({ conversation, people: found }) {
    people.set(conversation, found ?? []);
    if (attended?.id === conversation && !found?.some(({ agent }) => agent.id === me.id)) attended = null; // it ended there
    paint();
    onChange(conversation);
  }

  const others = (id) => (people.get(id) ?? []).filter(({ agent }) => agent.id !== me.id);
  const writing = (id) => others(id).filter(({ doing }) => doing === "writes");

  /** The bar above the composer, and the faces in the head. */
  function paint() {
    const id = opened()?.id;
    const names = (found) => new Intl.ListFormat(document.documentElement.lang).format(found.map(({ agent }) => agent.name || agent.email));
    const busy = id ? writing(id) : [];
    const there = id ? others(id) : [];
    const bar = $("[data-attending]");
    writeOrHide(bar, busy.length ? fill(words.attention.writes, { name: names(busy) }) : there.length ? fill(words.attention.views, { name: names(there) }) : "");
    bar.toggleAttribute("data-writes", busy.length > 0);
    const faces = $("[data-watchers]");
    faces.hidden = there.length === 0;
    faces.replaceChildren(...there.slice(0, 3).map(({ agent }) => {
      const face = document.createElement("span");
      face.className = "avatar small";
      face.dataset.tone = tone(agent.id);
      return write(face, initials(agent.name || agent.email));
    }));
  }

  for (const sign of SIGNS) {
    addEventListener(sign, () => {
      const idle = Date.now() - movedAt;
      movedAt = Date.now();
      if (idle > BEAT) soon(0);
    }, { passive: true, capture: true });
  }
  addEventListener("focus", () => {
    blurredAt = 0;
    movedAt = Date.now();
    soon();
  });
  addEventListener("blur", () => {
    blurredAt = Date.now();
    setTimeout(look, AWAY + 100);
  });
  document.addEventListener("visibilitychange", () => soon(0));
  addEventListener("pagehide", () => attended && leaveWord(`/api/v1/conversations/${attended.id}/attention`, { doing: "gone" }));
  setInterval(look, BEAT / 2);

  return {
    heard, others, writing,
    /** Another conversation was opened, or none. */
    turn() {
      wroteAt = 0;
      movedAt = Date.now();
      paint();
      soon(0);
    },
    /** A letter was typed. */
    types() {
      const fresh = Date.now() - wroteAt > WRITING;
      wroteAt = Date.now();
      if (fresh) soon(0);
    },
    /** The message went out. */
    stops() {
      wroteAt = 0;
      soon(0);
    },
    /** Everything anew, after too much was missed. */
    replace(all) {
      people.clear();
      for (const told of all ?? []) people.set(told.conversation, told.people);
      paint();
    },
  };
}
