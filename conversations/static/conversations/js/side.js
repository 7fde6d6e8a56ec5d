/* The side panel and the head of the thread: who it is, how to reach them, where the conversation stands. */

import { $, $$, copy, fill, initials, plural, slots, tone, words, write, writeOrHide } from "../../hub/js/dom.js";
import { day, duration, moment, secondsBetween } from "../../hub/js/time.js";
import { reasonLine } from "./reason.js";
import { paintFields, paintOccurrences } from "./fields.js";
import { mark, said } from "./saying.js";

const CLOSING = 2 * 3600;

const channelOf = (row) => row.channels.find(({ id }) => id === row.last_channel) ?? row.channels.at(-1);

/** The head: name, channel, address, seconds left of the window (null where nothing closes), who has it. */
export function paintHead(row, customer, me, left) {
  const pane = $("[data-thread]");
  const name = row.customer_name || words.unknown_person;
  const avatar = $("[data-avatar]", pane);
  write(slots(avatar).initials, initials(name));
  avatar.dataset.tone = tone(row.customer);
  mark(slots(avatar).mark, row);
  write($("[data-name]", pane), name);
  const kind = channelOf(row)?.kind;
  const address = customer && reachedAt(customer, kind);
  write($("[data-where]", pane), `${words.channels[kind] ?? ""} `);
  write($("[data-address]", pane), address ? `· ${address} ` : "");
  const window = $("[data-window]", pane);
  writeOrHide(window, left === null || row.status === "resolved" ? "" : left > 0 ? fill(words.window, { left: duration(left) }) : words.window_closed);
  window.dataset.window = left > CLOSING ? "open" : left > 0 ? "closing" : "closed";
  paintMarks($("[data-head-marks]", pane), row);
  const resolved = row.status === "resolved";
  $("[data-resolve]", pane).hidden = $("[data-resolve-more]", pane).hidden = resolved;
  $("[data-reopen]", pane).hidden = !resolved;
  const assign = $("[data-assign]", pane);
  write(slots(assign).text, row.assignee ? row.assignee.name || row.assignee.email : words.assign);
  for (const item of $$("[data-agent]", pane)) {
    item.setAttribute("aria-current", String(item.dataset.agent === row.assignee?.id));
  }
  $("[data-assign-me]", pane).hidden = row.assignee?.id === me.id;
  $("[data-assign-nobody]", pane).hidden = !row.assignee;
}

/** Labels and priority beside the name; each opens what changes it. */
function paintMarks(holder, { labels = [], priority = 0, status, snoozed_until: until }) {
  const chip = (text, act, color = "") => {
    const element = document.createElement("button");
    Object.assign(element, { type: "button", className: color ? "label-chip head-mark" : "chip head-mark" });
    Object.assign(element.dataset, { act, ...(color && { color }) });
    return write(element, text);
  };
  const found = labels.map(({ name, color }) => chip(name, "label", color));
  if (priority > 1) found.unshift(chip(words.priority_names[priority], "priority"));
  if (status === "snoozed" && until) found.unshift(chip(fill(words.snoozed_until, { until: moment(until) }), "snooze"));
  if (holder.dataset.shown === JSON.stringify([labels, priority, status, until])) return;
  holder.dataset.shown = JSON.stringify([labels, priority, status, until]);
  holder.replaceChildren(...found);
}

function reachedAt(customer, kind) {
  const wanted = words.reaches?.[kind] ?? [];
  const known = (one) => customer.identities.find((identity) => identity.kind === one && !identity.replaced_at);
  const found = wanted.map(known).find(Boolean);
  return found ? shownAddress(found) : "";
}

/** "+55 11 98888-0001" for a Brazilian number, "@name" where there is one, else the value. */
export function shownAddress({ kind, value, username }) {
  if (username) return username.startsWith("@") ? username : `@${username}`;
  if (!["wa_id", "phone"].includes(kind)) return value;
  const digits = value.replace(/\D/g, "");
  const brazil = digits.match(/^55(\d{2})(\d{4,5})(\d{4})$/);
  return brazil ? `+55 ${brazil[1]} ${brazil[2]}-${brazil[3]}` : `+${digits}`;
}

const PREVIOUS_SHOWN = 3;

/** The side panel but for who it is: see people.js. */
export function paintSide(data) {
  const { conversation: row, customer, previous, fields = [], occurrences = [] } = data;
  const side = $("[data-side-pane]");
  $("[data-side-body]", side).hidden = false;
  const name = row.customer_name || words.unknown_person;
  const avatar = $("[data-avatar]", side);
  write(slots(avatar).initials, initials(name));
  avatar.dataset.tone = tone(row.customer);
  write($("[data-name]", side), name);
  const since = new Intl.DateTimeFormat(document.documentElement.lang, { month: "long", year: "numeric" });
  write($("[data-since]", side), fill(words.since, { date: since.format(new Date(customer.created_at)) }));
  const own = fields.filter((field) => field.of === "customer");
  const known = new Set(own.map(({ key }) => key));
  const plain = ([key, value]) => !known.has(key) && ["string", "number", "boolean"].includes(typeof value);
  const attributes = Object.entries(customer.attributes ?? {}).filter(plain);
  $("[data-attributes-section]", side).hidden = attributes.length + own.length === 0;
  list($("[data-attributes]", side), attributes);
  paintFields($("[data-customer-fields]", side), own, customer.attributes, () => `/api/v1/customers/${customer.id}`, (_, values) => Object.assign(customer.attributes, values));
  const of = fields.filter((field) => field.of === "conversation");
  paintFields($("[data-conversation-fields]", side), of, row.attributes, () => `/api/v1/conversations/${row.id}`, (_, values) => Object.assign(row.attributes, values));
  $("[data-outside]", side).hidden = occurrences.length === 0;
  paintOccurrences($("[data-occurrences]", side), occurrences);
  figures = { ...data.figures, id: row.id, score: data.events?.findLast(({ type }) => type === "survey.answered") };
  paintFacts(row);
  $("[data-no-previous]", side).hidden = previous.length > 0;
  $("[data-previous]", side).replaceChildren(...previous.map(earlier));
  const rest = $$("[data-previous] > li", side).slice(PREVIOUS_SHOWN);
  const all = $("[data-all-previous]", side);
  all.hidden = rest.length === 0;
  for (const item of rest) item.hidden = true;
  all.onclick = () => {
    for (const item of rest) item.hidden = false;
    all.hidden = true;
  };
}

let figures = {}; // of the opened conversation: {replies, score}

/** Where the conversation stands. */
export function paintFacts(row) {
  const side = $("[data-side-pane]");
  const first = row.first_response_at && secondsBetween(row.opened_at, row.first_response_at);
  const waits = row.waiting_since && row.status !== "resolved";
  const facts = {
    status: words.status[row.status],
    assignee: row.assignee?.name || row.assignee?.email || words.nobody,
    team: row.team?.name ?? "",
    channels: [...new Set(row.channels.map(({ kind }) => words.channels[kind] ?? kind))].join(", "),
    route: row.status === "resolved" ? "" : reasonLine(row.route_reason),
    opened: moment(row.opened_at),
    first_response: first === null ? words.no_answer_yet : duration(first),
    waiting: waits ? duration(secondsBetween(row.waiting_since)) : "",
    resolved: row.status === "resolved" && row.resolved_at ? moment(row.resolved_at) : "",
    priority: row.priority ? words.priority_names?.[row.priority] : "",
    due: row.due ? `${words.promises[row.due.kind]} · ${moment(row.due.at)}` : "",
    replies: figures.id === row.id && figures.replies ? String(figures.replies) : "",
    lasted: row.status === "resolved" && row.resolved_at ? duration(secondsBetween(row.opened_at, row.resolved_at)) : "",
    score: figures.id === row.id && figures.score ? fill(words.score_of[figures.score.survey] ?? "{score}", { score: figures.score.score }) : "",
    reopened: row.reopened_count ? plural(words.reopened_times, row.reopened_count) : "",
  };
  for (const [name, value] of Object.entries(facts)) write($(`[data-fact="${name}"]`, side), value);
  for (const part of $$("[data-when]", side)) part.hidden = !facts[part.dataset.when];
}

function list(element, pairs) {
  element.replaceChildren(...pairs.map(([term, value]) => {
    const line = copy("fact");
    write($("dt", line), term);
    write($("dd", line), value);
    return line;
  }));
}

function earlier(row) {
  const element = copy("earlier");
  const s = slots(element);
  $("a", element).href = `/inbox/${row.id}/`;
  $("a", element).dataset.open = row.id;
  write(s.when, `${day(row.opened_at)} · ${words.status[row.status]}`);
  write(s.what, said(row.last_message));
  return element;
}

/** The people of the assign menu. */
export function fillAgents(agents, me) {
  $("[data-agents]").replaceChildren(...agents.filter(({ id }) => id !== me.id).map((person) => {
    const element = copy("agent");
    const button = $("button", element);
    const name = person.name || person.email;
    button.dataset.agent = person.id;
    write($(".avatar", element), initials(name));
    $(".avatar", element).dataset.tone = tone(person.id);
    write($(".agent-name", element), name);
    return element;
  }));
}

