/* What the signs of the composer offer: canned replies with their blanks filled, members to name, emoji by their names. */

import { words } from "../../hub/js/dom.js";
import { get, post } from "../../hub/js/http.js";
import { filled, valuesOf } from "./variables.js";

const FRESH = 5 * 60_000; // canned replies are asked for again after this
let replies = null;
let askedAt = 0;

/** Every canned reply, the most used first; nothing while the server cannot be reached. */
export async function cannedReplies() {
  if (!replies || Date.now() - askedAt > FRESH) {
    askedAt = Date.now();
    replies = get("/api/v1/canned_replies?limit=200").then(
      ({ results }) => results.sort((a, b) => b.used_count - a.used_count),
      () => {
        replies = null;
        return [];
      },
    );
  }
  return replies;
}

/** Members whom the text names in full after an "@", in its order: what the picker writes, nothing guessed. */
export function named(agents, text) {
  const at = ({ name, email }) => text.indexOf(`@${name || email}`);
  const ends = (person) => !/[\p{L}\p{N}]/u.test(text[at(person) + 1 + (person.name || person.email).length] ?? "");
  return agents.filter((person) => at(person) >= 0 && ends(person)).sort((a, b) => at(a) - at(b));
}

/** Take a canned reply: its text as it is said here. The server counts that it was of use. */
export function take(reply, data, me, way) {
  post(`/api/v1/canned_replies/${reply.id}/use`).catch(() => {});
  return filled(reply.text, valuesOf(data, me, way, words.workspace));
}

/** The sources of the composer's signs: see complete.js. */
export function sourcesOf(me, agents, { isNote, isShut, opened, way }) {
  const emoji = Object.entries(words.emoji ?? {}).map(([face, names]) => ({ face, names }));
  return {
    "/": {
      usable: () => !isShut(),
      items: async () => {
        const team = opened()?.conversation.team?.id;
        return (await cannedReplies()).filter((reply) => !reply.team || reply.team === team);
      },
      texts: ({ shortcut, title, text }) => [shortcut, title, text.slice(0, 80)],
      show: (reply) => ({ title: reply.title, text: filled(reply.text, valuesOf(opened(), me, way(), words.workspace)), hint: `/${reply.shortcut}` }),
      pick: (reply) => take(reply, opened(), me, way()),
    },
    "@": {
      usable: isNote,
      ends: (before) => agents.some(({ name, email }) => before.slice(before.lastIndexOf("@")).startsWith(`@${name || email} `)),
      items: () => agents.filter(({ id }) => id !== me.id),
      texts: ({ name, email }) => [name, email],
      show: ({ name, email }) => ({ title: name || email, hint: name ? email : "" }),
      pick: ({ name, email }) => `@${name || email} `,
    },
    ":": {
      usable: () => true,
      items: () => emoji,
      texts: ({ names }) => names.split(/,\s*/),
      show: ({ face, names }) => ({ title: face, text: names }),
      pick: ({ face }) => face,
    },
  };
}
