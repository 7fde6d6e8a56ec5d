/* The live board: asks for everything at most once a second when the feed says that something changed, and each five seconds. */

import { $, $$, calmly, copy, fill, read, slots, tone, words, write, writeOrHide } from "../hub/js/dom.js";
import { follow } from "../hub/js/feed.js";
import { get, post } from "../hub/js/http.js";
import { duration, secondsBetween } from "../hub/js/time.js";
import { toast } from "../hub/js/toast.js";

const STALE = 10; // seconds without news
const ANYWAY = 5000; // milliseconds: figures of the past hour move without an event
const language = document.documentElement.lang;
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1, signDisplay: "auto" });
const root = $("[data-wallboard]");
const timeZone = root.dataset.zone; // the house's, as in the reports
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone });
const me = root.dataset.me ?? null;
const shares = new Set(["sla", "abandonment"]);
let board = read("state");
let heardAt = Date.now();
let ended = false;
let sort = "name";
let behind = null; // the tile whose drawer is open

/** A value as the tile of this kind says it. */
function say(key, value) {
  if (value === null || value === undefined) return words.none;
  if (key === "longest") return duration(value);
  return shares.has(key) ? percent.format(value) : number.format(value);
}

/** The small line of sixty minutes: gaps where nothing is known. */
function spark(values) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return "";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  let pen = "M";
  return values.map((value, place) => {
    if (value === null) {
      pen = "M";
      return "";
    }
    const y = high > low ? 28 - (24 * (value - low)) / (high - low) : 16;
    const point = `${pen}${((120 * place) / (values.length - 1)).toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
    return point;
  }).join("");
}

function paintTiles() {
  for (const tile of board.tiles) {
    const element = $(`[data-tile="${tile.key}"]`, root);
    const value = tile.key === "longest" ? (tile.since ? secondsBetween(tile.since) : 0) : tile.value;
    write($("[data-value]", element), tile.key === "agents" ? `${tile.value}/${tile.of}` : say(tile.key, value));
    element.dataset.level = tile.state;
    const target = tile.target === null ? words.no_target : fill(tile.room ? words.room : words.targets[tile.key], { target: say(tile.key, tile.target) });
    write($("[data-target]", element), tile.part === undefined ? target : `${target} · ${fill(words.of, { part: tile.part, whole: tile.of })}`);
    write($("[data-word]", element), tile.state ? words.states[tile.state] : "");
    $("[data-line]", element).setAttribute("d", spark(tile.spark));
    const delta = $("[data-delta]", element);
    const arrow = tile.delta > 0 ? "▲" : "▼";
    const said = tile.delta ? fill(words.delta, { delta: `${arrow} ${say(tile.key, Math.abs(tile.delta))}` }) : "";
    write(delta, tile.better === null || !said ? said : `${said} · ${tile.better ? words.better : words.worse}`);
    delta.dataset.better = tile.better ?? "";
  }
}

/** Bring the children of a list into the order of rows, each made once by its key. */
function keyed(place, rows, key, make, paint) {
  const known = new Map([...place.children].map((child) => [child.dataset.key, child]));
  rows.forEach((row, index) => {
    const id = key(row);
    const element = known.get(id) ?? make();
    known.delete(id);
    element.dataset.key = id;
    paint(slots(element), row, element);
    if (place.children[index] !== element) place.insertBefore(element, place.children[index] ?? null);
  });
  for (const gone of known.values()) gone.remove();
}

function paintLines() {
  keyed($("[data-lines]"), board.lines, ({ what, key }) => `${what} ${key}`, () => copy("line").querySelector("tr"), (slot, row) => {
    write(slot.name, row.what === "channel" ? (words.channels[row.key] ?? row.key) : row.name || words.everybody);
    write(slot.waiting, number.format(row.waiting));
    write(slot.longest, row.longest ? duration(secondsBetween(row.longest)) : words.none);
    writeOrHide(slot.late, row.late ? fill(words.late, { n: row.late }) : "");
    writeOrHide(slot.risk, row.risk ? fill(words.risk, { n: row.risk }) : "");
    slot.meter.hidden = !row.capacity;
    slot.meter.max = row.capacity || 1;
    slot.meter.high = (row.capacity || 1) * 0.85;
    slot.meter.value = row.load;
    slot.meter.setAttribute("aria-label", fill(words.load, { load: row.load, capacity: row.capacity ?? 0 }));
    write(slot.load, row.capacity ? fill(words.load, { load: row.load, capacity: row.capacity }) : number.format(row.load));
  });
}

const orders = {
  name: () => 0,
  since: (a, b) => (a.since ?? "9").localeCompare(b.since ?? "9"),
  open: (a, b) => b.open - a.open,
  unanswered: (a, b) => (a.unanswered ?? "9").localeCompare(b.unanswered ?? "9"),
};

function paintAgent(slot, row) {
  slot.avatar.dataset.tone = tone(row.id);
  write(slot.avatar, row.initials);
  write(slot.name, row.name);
  slot.dot.dataset.state = row.presence;
  write(slot.state, words.presence[row.presence]);
  write(slot.since, row.since ? duration(secondsBetween(row.since)) : "");
  write(slot.open, `${row.open}/${row.capacity}`);
  write(slot.unanswered, row.unanswered ? fill(words.waits, { left: duration(secondsBetween(row.unanswered)) }) : "");
}

function paintAgents() {
  const rows = [...board.agents].sort(orders[sort]);
  keyed($("[data-agents]"), rows, ({ id }) => id, () => copy("agent"), paintAgent);
  const counts = me ? [] : Object.entries(board.presence);
  keyed($("[data-presence-counts]"), counts, ([state]) => state, () => document.createElement("li"), (_, [state, count], element) => {
    write(element, `${words.presence[state]} ${count}`);
  });
}

function paintConversation(slot, row, element) {
  const late = row.due && secondsBetween(row.due.at) > 0;
  const left = row.due ? duration(Math.abs(secondsBetween(row.due.at))) : row.waiting_since ? duration(secondsBetween(row.waiting_since)) : "";
  const promise = words.promises[row.due?.kind] ?? "";
  write(slot.due, row.due ? fill(late ? words.due_ago : words.due_in, { promise, left }) : left ? fill(words.waits, { left }) : words.none);
  slot.chip.className = `chip ${late ? "bad" : row.due && row.due.state !== "calm" ? "warn" : ""}`;
  write(slot.name, row.customer_name || words.unknown_person);
  slot.name.href = `/inbox/${row.id}/?view=all`;
  const kinds = row.channel_kinds.map((kind) => words.channels[kind] ?? kind).join(", ");
  write(slot.where, [kinds, row.team?.name, row.assignee?.name || row.assignee?.email || words.nobody].filter(Boolean).join(" · "));
  slot.take.hidden = row.assignee?.id === me;
  slot.give_back.hidden = !row.assignee;
  for (const button of [slot.take, slot.give_back]) button.setAttribute("aria-label", `${button.textContent}: ${row.customer_name || words.unknown_person}`);
  element.row = row;
}

function paintBreaches() {
  keyed($("[data-breaches]"), board.breaches, ({ id }) => id, () => copy("breach"), paintConversation);
  const none = !(board.late || board.risk);
  writeOrHide($("[data-no-breach]"), none ? words.no_breach : "");
  const counts = $("[data-late]");
  if (counts) write(counts, none ? "" : `${fill(words.late, { n: board.late })} · ${fill(words.risk, { n: board.risk })}`);
  keyed($("[data-incidents]"), board.incidents, ({ id }) => id, () => copy("incident"), paintIncident);
}

function paintIncident(slot, { id, kind, value, threshold, team, channel_kind, taken, taken_by }) {
  const place = team || words.channels[channel_kind] || words.everywhere;
  const shown = (one) => (kind === "oldest_wait" ? duration(one) : number.format(one));
  write(slot.text, fill(words.incident[kind], { value: shown(value ?? 0), threshold: shown(threshold), place }));
  const who = taken_by?.id === me ? words.you_see_to_it : taken_by ? words.sees_to_it : words.somebody_sees_to_it;
  writeOrHide(slot.taken, taken ? fill(who, { name: taken_by?.name }) : "");
  slot.see_to.hidden = taken || !me;
  slot.see_to.dataset.seeTo = id;
  slot.see_to.setAttribute("aria-label", `${slot.see_to.textContent}: ${slot.text.textContent}`);
}

function paintPulse() {
  const old = (Date.now() - heardAt) / 1000;
  const pulse = $("[data-pulse]");
  pulse.dataset.stale = String(ended || old > STALE);
  write($("[data-pulse-word]"), ended ? words.ended : old > STALE ? fill(words.stale, { ago: duration(old) }) : words.live);
  write($("[data-as-of]"), fill(words.as_of, { time: clock.format(new Date(board.as_of)) }));
}

function paint() {
  paintTiles();
  paintLines();
  paintAgents();
  paintBreaches();
  paintPulse();
}

async function ask() {
  if (ended) return;
  try {
    board = await get(root.dataset.state);
    heardAt = Date.now();
    paint();
  } catch (refusal) {
    ended = refusal.status === 410;
    paintPulse();
  }
}
const askSoon = calmly(1000, ask);

/** Show the conversations behind a number. */
async function open(key) {
  behind = key;
  const drawer = $("#drawer");
  write($("#drawer-title"), words.titles[key]);
  try {
    const found = await get(`${root.dataset.drawer}${key}/`);
    if (behind !== key) return;
    const place = $("[data-behind]");
    place.replaceChildren();
    if (found.agents.length) keyed(place, found.agents, ({ id }) => id, () => copy("agent"), paintAgent);
    else keyed(place, found.conversations, ({ id }) => id, () => copy("breach"), paintConversation);
    writeOrHide($("[data-behind-none]"), place.children.length ? (found.more ? fill(words.more, { n: found.more }) : "") : words.nothing_behind);
    if (!drawer.open) drawer.showModal();
  } catch (refusal) {
    toast(fill(words.could_not, { reason: refusal.detail }), { bad: true });
  }
}

/** Take a conversation over, or give it back to its queue. Whoever was faster keeps it. */
async function act(button) {
  const { row } = button.closest("[data-key]");
  const mine = button.dataset.act === "take";
  button.disabled = true;
  try {
    await post(`/api/v1/conversations/${row.id}/assign`, { assignee: mine ? root.dataset.email : null, expected_assignee: row.assignee?.id ?? null });
    toast(mine ? words.taken : words.given_back);
    if ($("#drawer").open) await open(behind);
  } catch (refusal) {
    toast(fill(words.could_not, { reason: refusal.detail }), { bad: true });
  }
  button.disabled = false;
  askSoon();
}

/** Say that one sees to an alert. Whoever was faster has it. */
async function seeTo(button) {
  button.disabled = true;
  try {
    await post(`/api/v1/incidents/${button.dataset.seeTo}/take`, {});
    toast(words.yours_to_see_to);
  } catch (refusal) {
    toast(fill(words.could_not, { reason: refusal.detail }), { bad: true });
  }
  button.disabled = false;
  askSoon();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  if (button.dataset.tile) open(button.dataset.tile);
  else if (button.dataset.act) act(button);
  else if (button.dataset.seeTo) seeTo(button);
  else if (button.dataset.sort) {
    sort = button.dataset.sort;
    for (const one of $$("[data-sort]")) one.setAttribute("aria-pressed", String(one === button));
    paintAgents();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog") || !me) return;
  if (event.key === "k" || event.key === "K") location.search = "wall" in root.dataset ? "" : "?kiosk=1";
  else if (event.key === "Escape" && "wall" in root.dataset) location.search = "";
  else if (/^[1-6]$/.test(event.key)) $$("[data-tile]")[Number(event.key) - 1].click();
});
$("#drawer").addEventListener("close", () => (behind = null));

if (me) {
  follow({
    worker: root.dataset.feedWorker,
    name: `novelo ${me} ${root.dataset.workspace}`,
    after: Number(root.dataset.seq),
    onEvent: () => askSoon(),
    onResync: askSoon,
    onState: (alive) => alive && askSoon(),
  });
}
setInterval(ask, me ? ANYWAY : 2000);
setInterval(paint, 1000);
paint();
root.dataset.ready = "true";
