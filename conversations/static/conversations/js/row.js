/* One row of the list: who, what was said last, what it carries, how long it may wait. */

import { copy, draw, fill, initials, plural, slots, tone, words, write, writeOrHide } from "../../hub/js/dom.js";
import { ago, duration, full, secondsBetween } from "../../hub/js/time.js";
import { byline, mark, said } from "./saying.js";

const WAIT_WARN = 5 * 60;
const WAIT_BAD = 30 * 60;
const MOST_UNREAD = 9;
const MOST_LABELS = 2;
const CLOSING = 2 * 3600; // seconds before a window closes that it is told

/** Draw a row. `beside` is {draft, others, opened, view}: an unsent text, who looks at it too, whether it is open, the view. */
export function paintRow(element, row, { draft, others, opened, view }) {
  const s = slots(element);
  const name = row.customer_name || words.unknown_person;
  const last = row.last_message;
  s.link.href = `/inbox/${row.id}/`;
  s.link.classList.toggle("unread", row.unread > 0);
  write(s.initials, initials(name));
  s.avatar.dataset.tone = tone(row.customer);
  mark(s.mark, row);
  write(s.name, name);
  s.check.setAttribute("aria-label", fill(words.select, { name }));
  tickRow(element, row);
  s.draft.hidden = !draft;
  write(s.by, draft || !last ? "" : byline(last));
  draw(s.icon, draft || !last || last.deleted_at || last.kind === "text" || last.kind === "note" ? "" : last.kind);
  write(s.text, draft || said(last));
  writeOrHide(s.unread, row.unread > MOST_UNREAD ? `${MOST_UNREAD}+` : row.unread || "");
  s.unread.setAttribute("aria-label", plural(words.unread, row.unread));
  paintPriority(s.priority, row.priority);
  paintLabels(s.labels, row.labels);
  writeOrHide(s.team, row.labels.length > 1 ? "" : row.team?.name);
  writeOrHide(s.status, ["pending", "snoozed"].includes(row.status) && row.status !== view ? words.status[row.status] : "");
  const owner = view === "mine" ? "" : row.assignee?.name || row.assignee?.email || "";
  writeOrHide(s.owner, owner && initials(owner));
  s.owner.title = owner;
  s.owner.dataset.tone = row.assignee ? tone(row.assignee.id) : "";
  s.owner.setAttribute("aria-label", owner);
  paintOthers(s.looks, others);
  if (opened) s.link.setAttribute("aria-current", "true");
  else s.link.removeAttribute("aria-current");
}

function paintPriority(element, priority) {
  element.hidden = !priority;
  if (!priority) return;
  element.dataset.priority = words.priority_words[priority];
  draw(element, `priority-${priority}`);
  const sentence = fill(words.priority_is, { name: words.priority_names[priority] });
  element.title = sentence;
  element.setAttribute("aria-label", sentence);
}

function paintLabels(holder, labels) {
  const shown = labels.slice(0, MOST_LABELS);
  const key = labels.map(({ name, color }) => `${name}/${color}`).join();
  if (holder.dataset.shown === key) return;
  holder.dataset.shown = key;
  holder.replaceChildren(...shown.map(({ name, color }) => {
    const chip = write(document.createElement("span"), name);
    chip.className = "label-chip";
    chip.dataset.color = color;
    return chip;
  }));
  if (labels.length > MOST_LABELS) {
    const more = write(document.createElement("span"), `+${labels.length - MOST_LABELS}`);
    more.className = "chip";
    more.title = labels.slice(MOST_LABELS).map(({ name }) => name).join(", ");
    holder.append(more);
  }
}

function paintOthers(holder, others) {
  holder.hidden = others.length === 0;
  if (!others.length) return;
  const names = others.map(({ agent }) => agent.name || agent.email);
  write(holder, initials(names[0]));
  holder.dataset.tone = tone(others[0].agent.id);
  const sentence = fill(words.looks, { names: new Intl.ListFormat(document.documentElement.lang).format(names) });
  holder.title = sentence;
  holder.setAttribute("aria-label", sentence);
}

/** What of a row changes by the clock alone. */
export function tickRow(element, row) {
  const s = slots(element);
  write(s.time, row.last_message_at ? ago(row.last_message_at) : "");
  s.time.dateTime = row.last_message_at ?? "";
  s.time.title = row.last_message_at ? full(row.last_message_at) : "";
  tickDue(s, row);
  const waits = row.waiting_since && row.status !== "resolved" && s.due.hidden ? secondsBetween(row.waiting_since) : -1;
  s.waiting.hidden = waits < 60;
  s.waiting.classList.toggle("warn", waits >= WAIT_WARN && waits < WAIT_BAD);
  s.waiting.classList.toggle("bad", waits >= WAIT_BAD);
  if (waits >= 60) write(s.wait, duration(Math.floor(waits / 60) * 60));
  tickWindow(s, row);
}

function tickDue(s, { due }) {
  s.due.hidden = !due;
  if (!due) return;
  const left = -secondsBetween(due.at);
  const late = left <= 0;
  const risk = !late && (due.state === "risk" || left <= 15 * 60);
  s.due.classList.toggle("bad", late);
  s.due.classList.toggle("warn", risk);
  const time = duration(Math.ceil(Math.abs(left) / 60) * 60);
  write(s.left, late ? `−${time}` : time);
  const sentence = fill(late ? words.due.late : words.due[due.kind], { left: time });
  s.due.title = sentence;
  write(s.duesays, sentence);
}

function tickWindow(s, row) {
  const kind = row.channels.find(({ id }) => id === row.last_channel)?.kind;
  const hours = words.window_hours[kind];
  const left = hours && row.last_inbound_at && row.status !== "resolved" ? hours * 3600 - secondsBetween(row.last_inbound_at) : 0;
  s.window.hidden = left <= 0 || left > CLOSING;
  if (s.window.hidden) return;
  const time = duration(Math.ceil(left / 60) * 60);
  write(s.closes, time);
  s.window.title = fill(words.window_closes, { left: time });
}

/** A row of the list, not yet drawn. */
export function createRow(id) {
  const element = copy("row");
  element.dataset.id = id;
  return element;
}
