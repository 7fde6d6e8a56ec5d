/* Why somebody has a conversation, or why it waits: the parts the server keeps, as one sentence. */

import { fill, words } from "../../hub/js/dom.js";

const named = (code) => new Intl.DisplayNames([document.documentElement.lang], { type: "language" }).of(code);

/** "Ana: last agent, 3 of 6, speaks Spanish"; "" where there is nothing to say. */
export function reasonLine(reason) {
  const say = words.route;
  if (!reason || !say) return "";
  const sentence = say[reason.rule === "hand" && reason.by ? "hand_by" : reason.rule];
  if (!reason.agent || reason.rule === "hand") {
    const known = reason.rule === "queue" && reason.matched ? say.queue_rule : sentence;
    return fill(known, { name: reason.name, by: reason.by, before: reason.before, rule: reason.matched });
  }
  const facts = [
    sentence,
    fill(say.load, reason),
    reason.speaks && fill(say.speaks, { language: named(reason.speaks) }),
    reason.skills?.length && fill(say.knows, { skills: reason.skills.join(", ") }),
    reason.matched && fill(say.rule, { rule: reason.matched }),
  ];
  return fill(say.line, { name: reason.name, facts: facts.filter(Boolean).join(", ") });
}
