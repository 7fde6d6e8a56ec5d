/* The inbox: brings list, thread, composer, side, keys and feed together. */

import { $, calmly, read, words } from "../../hub/js/dom.js";
import { follow } from "../../hub/js/feed.js";
import { get, post } from "../../hub/js/http.js";
import { toast } from "../../hub/js/toast.js";
import { complain, createActs } from "./acts.js";
import { createBanner } from "./banner.js";
import { createDesk } from "./desk.js";
import { createOfflineBar, createSide, createWaiting, listenForClicks, tellUnread } from "./panes.js";
import { createLoading } from "./loading.js";
import { createReactions } from "./reactions.js";
import { createSender } from "./sending.js";
import { bindKeys } from "./shortcuts.js";
import { createPeople, paintPeople } from "./people.js";
import { fillAgents, paintFacts, paintHead, paintSide } from "./side.js";
import { createSteps } from "./steps.js";
import { Store } from "./store.js";
import { createThread } from "./thread.js";
import { createTyping } from "./typing.js";
import { left } from "./ways.js";
import { createWriting } from "./writing.js";

const root = $("[data-inbox]");
const initial = read("state");
const store = new Store(initial);
const { me } = store;
const toggleSide = createSide(root);
const waits = createWaiting(root);
let opened = null; // {conversation, customer, merges, suggestions, previous}
const loading = createLoading({
  onShown: (data, late) => {
    show(data);
    late.forEach(here);
  },
  onRefused: (refusal) => {
    waits(false);
    list.open(opened?.conversation.id ?? null);
    complain(refusal);
  },
});
const sender = createSender(me, {
  onLocal: (message) => {
    here(message);
    if (message.status === "failed") refreshWays(); // its window may have closed
  },
  onSaved: here,
  onDropped: (message) => thread.drop(message),
  onRefused: complain,
  onNewer: (found) => found.forEach(here),
});
const reactions = createReactions({ onShown: here, onRefused: complain });
const typing = createTyping(() => opened?.conversation);
const thread = createThread({
  onEarlier: async (first) => {
    const { id } = opened.conversation;
    const page = await get(`/inbox/${id}/thread/?before=${first}`);
    if (opened?.conversation.id === id) thread.prepend(page);
  },
  onQuote: (message) => message.local || composer.quote(message),
  onCopy: (message) => navigator.clipboard?.writeText(message.text).then(() => toast(words.copied)).catch(() => {}),
  onNote: (message) => composer.noteAbout(message),
  onReact: reactions.open,
  onRetry: (message) => sender.retry(message),
  onDiscard: (message) => composer.restore(sender.drop(message)),
  onSeen: calmly(600, seen),
});
const writing = createWriting({ me, initial, store, thread, sender, opened: () => opened, repaint: (id) => list?.repaint(id), resolve: () => acts.resolve() });
const { composer } = writing;
const current = () => opened?.conversation ?? null;
const acts = createActs(store, { current, take, after: () => refreshCounts() });
const desk = createDesk(store, { acts, current, open: openAt, draftOf: writing.drafts.textOf, othersOf: writing.attention.others });
const { list } = desk;
const banner = createBanner(initial.stopped);
createPeople({ current: () => opened, after: reread });

/** Show a message if its conversation is open. */
function here(message) {
  if (message.conversation === opened?.conversation.id) thread.put(message);
}

/** Open a conversation; `keep` leaves the address as it is. */
function open(id, keep = false) {
  if (!keep) history.pushState({ id }, "", `/inbox/${id}/?${store.query()}`);
  list.open(id);
  pane("thread");
  waits(id !== opened?.conversation.id);
  loading.ask(id);
}

/** Read anew what is opened, or what is on its way. */
function reread() {
  return loading.ask(loading.id ?? opened.conversation.id);
}

function show(data) {
  opened = data;
  waits(false);
  typing.stop();
  $("[data-none]").hidden = true;
  $("[data-open]").hidden = false;
  pane("thread");
  store.put(data.conversation);
  list.open(data.conversation.id);
  thread.show(data, sender.of(data.conversation.id));
  composer.open(data.conversation, data.ways);
  paint();
  paintSide(data);
  paintPeople(data);
  title();
  writing.turn(data);
}

/** Close the thread and go back to the list. */
function close(keep = false) {
  const id = opened?.conversation.id;
  opened = null;
  loading.leave();
  waits(false);
  $("[data-none]").hidden = false;
  $("[data-open]").hidden = true;
  $("[data-side-body]").hidden = true;
  pane("list");
  list.open(null);
  if (!keep) history.pushState({}, "", `/inbox/?${store.query()}`);
  if (id) list.focus(id);
  title();
  writing.turn();
}

const pane = (name) => (root.dataset.pane = name);

function paint() {
  if (!opened) return;
  composer.refresh();
  const way = composer.way();
  paintHead(opened.conversation, opened.customer, me, way?.closed === "window" ? 0 : left(way));
  paintFacts(opened.conversation);
}

const title = () => tellUnread(store.counts.unread, opened?.conversation.customer_name || $("h1").textContent);

/** Take the server's word for one conversation. */
function take(row) {
  store.put(row);
  if (opened?.conversation.id !== row.id) return;
  if (row.deleted) return close(); // history was told anew, and it lies elsewhere now
  if (row.folded_into) return open(row.folded_into);
  const before = opened.conversation;
  opened.conversation = row;
  paint();
  if (before.status !== row.status || before.assignee?.id !== row.assignee?.id || before.team?.id !== row.team?.id) refreshEvents();
  if (row.unread) seenSoon();
}

const refreshCounts = calmly(1500, async () => store.setCounts(await get("/inbox/counts/").catch(() => store.counts)));
const seenSoon = calmly(600, seen);
const refreshEvents = calmly(300, async () => {
  const id = opened?.conversation.id;
  const data = id && (await get(`/inbox/${id}/thread/`).catch(() => null));
  if (data && opened?.conversation.id === id) thread.putEvents(data.events);
});

/** Ask anew where the person can be answered: they wrote, a channel changed, a window closed. */
const refreshWays = calmly(800, async () => {
  const id = opened?.conversation.id;
  const data = id && (await get(`/api/v1/conversations/${id}/ways`).catch(() => null));
  if (!data || opened?.conversation.id !== id) return;
  composer.take(data.results);
  paint();
});

/** Tell the server that the team has read the conversation. */
async function seen() {
  const row = opened?.conversation;
  if (!row?.unread || document.hidden || !thread.atEnd() || (root.dataset.pane !== "thread" && innerWidth < 768)) return;
  opened.conversation = { ...row, unread: 0 };
  store.patch(row.id, { unread: 0 });
  await post(`/api/v1/conversations/${row.id}/seen`).catch(() => {});
}

/** Open a conversation, at one of its messages if one is named. */
function openAt(id, message = null) {
  open(id);
  if (message) loading.ready.then(() => thread.reach(message));
}

/** Read everything anew: too much was missed. */
async function reload() {
  const id = opened?.conversation.id ?? loading.id;
  const state = await get(`/inbox/state/?${store.query(id ? { conversation: id } : {})}`).catch(() => null);
  if (!state) return setTimeout(reload, 2_000); // not there again yet
  store.replace(state);
  banner.replace(state.stopped);
  writing.replace(state);
  feed.restart(state.seq);
  if (state.thread) {
    loading.leave();
    show(state.thread);
  }
}

const heard = {
  "conversation.created": take,
  "conversation.updated": take,
  "message.created": told,
  "message.updated": told,
  "customer.updated": named,
  "customer.typing": (told) => typing.heard(told),
  ...writing.heard,
  "channel.updated": (channel) => refreshWays(banner.put(channel)),
  "agent.updated": (agent) => document.dispatchEvent(new CustomEvent("novelo:agent", { detail: agent })),
};

function told(message) {
  if (message.deleted) return thread.drop(message); // one of two that turned out to be one
  sender.arrived(message);
  loading.heard(message);
  if (opened?.conversation.id !== message.conversation) return;
  thread.put(message);
  if (message.direction !== "inbound") return;
  typing.stop();
  refreshWays();
}

function named(customer) {
  if (!customer.deleted) for (const row of store.rows.values()) if (row.customer === customer.id) store.patch(row.id, { customer_name: customer.name });
  if (opened && [customer.id, ...(customer.absorbed ?? [])].includes(opened.customer.id)) refreshPerson();
}

/** Read the opened person anew: an address more, one to be left alone, a merge, a suggestion. */
const refreshPerson = calmly(300, () => opened && reread());

/** Walk through the list: with the eye by J and K, opening by Alt and the arrows. */
function walk(step, opens) {
  const id = list.beside(list.focused() ?? opened?.conversation.id ?? null, step);
  if (!id) return;
  if (opens) open(id);
  else list.focus(id);
}

store.addEventListener("counts", title);

listenForClicks(root, {
  acts: {
    "data-resolve": acts.resolve,
    "data-act": (button) => desk.pressed(button.dataset.act, button),
    "data-reopen": acts.reopen,
    "data-resolve-next": () => desk.keys.resolveNext(),
    "data-macro": () => palette.open(steps.macro),
    "data-palette": () => palette.open(),
    "data-back": () => close(),
    "data-toggle-side": () => toggleSide(),
    "data-close-side": () => toggleSide(false),
    "data-open-keys": () => $("#keys").showModal(),
    "data-assign-me": () => acts.assign(me),
    "data-assign-nobody": () => acts.assign(null),
    "data-agent": ({ dataset }) => acts.assign(store.agents.find(({ id }) => id === dataset.agent)),
  },
  onView: (view) => desk.views.show(view),
  onOpen: open,
});
addEventListener("popstate", () => {
  const id = location.pathname.split("/")[2];
  if (id) open(id, true);
  else close(true);
});
document.addEventListener("visibilitychange", seenSoon);
setInterval(paint, 30_000); // what is left of the window, and how long somebody waits

const steps = createSteps({ store, row: current, opened: () => opened, take, after: () => refreshCounts(), acts, composer });
const palette = bindKeys({
  next: () => walk(1), previous: () => walk(-1), nextAlways: () => walk(1, true), previousAlways: () => walk(-1, true),
  inList: () => list.focused() !== null, opened: () => opened !== null || loading.id !== null, close, toggleSide,
  ...desk.keys, leave: desk.leave,
  resolve: () => desk.onTargets("resolve", () => loading.ready.then(acts.resolve)), reply: () => loading.ready.then(composer.reply), note: () => loading.ready.then(composer.note),
  mine: () => desk.onTargets("mine", () => loading.ready.then(() => acts.assign(me))),
  ready: () => loading.ready, open, rows: () => [...store.rows.values()],
}, steps, initial.settings);

const tellAlive = createOfflineBar();
const feed = follow({
  worker: root.dataset.feedWorker,
  name: `novelo ${me.id} ${store.workspace}`,
  after: initial.seq,
  onEvent: (kind, object) => {
    heard[kind]?.(object);
    if (kind.startsWith("conversation.")) refreshCounts();
  },
  onResync: reload,
  onState: (alive) => {
    tellAlive(alive);
    if (alive) sender.resume();
  },
});

fillAgents(store.agents, me);
if (initial.thread) show(initial.thread);
store.tell("counts");
root.dataset.ready = "true";
