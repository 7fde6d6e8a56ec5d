/* What happened with a conversation besides what was said, in a sentence each; and where an earlier one begins. */

import { copy, fill, slots, words, write } from "../../hub/js/dom.js";
import { day, moment } from "../../hub/js/time.js";
import { reasonLine } from "./reason.js";

/** What an event says to people. */
export function sentence(event) {
  const { type, actor, agent, team, self, other, reason } = event;
  const why = reasonLine(event.route);
  let key = type;
  if (type === "conversation.assigned") {
    if (self) key = "taken";
    else if (!agent) key = team ? "team" : "returned";
    else if (!actor) key = why ? "routed.why" : "routed";
  } else if (type === "conversation.reopened" && actor) key = "conversation.reopened.by";
  else if (type === "conversation.unsnoozed" && !actor) key = "awoken";
  else if (type === "conversation.queued") key = words.events[`queued.${reason}`] ? `queued.${reason}` : type;
  else if (type === "customer.merged" && reason !== "agent") key = `merged.${reason}`;
  else if (type.startsWith("survey.")) key = `${type}.${event.survey ?? "csat"}`;
  return fill(words.events[key] ?? words.events[type] ?? type, {
    actor: actor || words.events.somebody, agent: agent || words.events.somebody, team, why, label: event.label, field: event.field, score: event.score,
    priority: words.priority_names?.[event.priority] ?? "", until: event.until ? moment(event.until) : "", promise: words.promises[event.promise] ?? "",
    name: other || words.unknown_person,
  });
}

/** The mark above the first message of an earlier conversation; `episode` is {opened_at, status, channel_kinds}, or null for the opened one. */
export function episodeMark(episode) {
  const element = copy("episode");
  const kinds = (episode?.channel_kinds ?? []).map((kind) => words.channels[kind] ?? kind).join(", ");
  const facts = episode && [day(episode.opened_at), kinds, words.status[episode.status]].filter(Boolean).join(" · ");
  write(slots(element).text, episode ? fill(words.earlier_one, { facts }) : words.this_one);
  return element;
}
