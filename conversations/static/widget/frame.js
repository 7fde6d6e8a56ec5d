/* The visitor's side of a talk, in its frame: wires the door, the outbox, the stream and what is seen together. */

import { $, calmly, fill, read, words, write, writeOrHide } from "../hub/js/dom.js";
import { createComposer } from "./composer.js";
import { createDoor, createKeep } from "./door.js";
import { createOnward } from "./onward.js";
import { createOutbox } from "./outbox.js";
import { createStream } from "./stream.js";
import { createTalk } from "./talk.js";

const config = read("config");
const site = parent !== window ? parent : null;
const keep = createKeep(`novelo:${config.channel}:`);
const door = createDoor(config.channel, keep, { onOther: leave });
const talk = createTalk();
const TYPING_SHOWN = 6000;
let opened = !site;
let page = "";
let before = null;
let turn = 0; // a newer reading of the talk makes older ones void
let typingTimer = 0;
let offlineTimer = 0;

const tell = (type, more = {}) => site?.postMessage({ novelo: 1, type, ...more }, config.origin);
const offline = (yes) => {
  clearTimeout(offlineTimer);
  if (!yes) writeOrHide($("[data-offline]"), "");
  else offlineTimer = setTimeout(() => writeOrHide($("[data-offline]"), words.offline), 1500);
};

const outbox = createOutbox(config.channel, keep, door, { onChange: waiting, onSession: renewed });
const showOnward = createOnward(config.ways, (way) => door.invite(way), complain);
const typed = calmly(2500, () => talk.size && door.typing().catch(() => {}));
const composer = createComposer(keep, config.fields, { onSay: say, onTyping: typed });
const stream = createStream({ open: door.stream, onEvent: heard, onState, onRefused: renew });

/** A message of the outbox as the talk shows it. */
const local = (entry) => ({
  id: `local-${entry.client_id}`, client_id: entry.client_id, mine: true, author: "", text: entry.text, at: entry.at, seen: false,
  edited: false, deleted: false, reactions: [], extra: {}, waiting: !entry.sent, failed: entry.failed || "",
  files: (entry.names ?? []).map((name, index) => ({ id: `${index}`, name, kind: "document", state: "here" })),
});

function waiting(entry) {
  talk.put([local(entry)]);
  settle();
}

/** Read the talk anew: at the start, as another visitor, or after too long an absence. */
async function load() {
  const mine = ++turn;
  stream.stop();
  try {
    if (!door.known()) await door.ready();
    const found = await door.history();
    if (mine !== turn) return;
    const taken = talk.messages().filter(({ id, waiting, failed }) => id.startsWith("local-") && !waiting && !failed);
    talk.clear();
    talk.put(taken); // what the server took while this was read may not be in it yet
    before = found.before;
    talk.put(found.messages);
    talk.put(outbox.all().map(local));
    talk.toEnd();
    offline(false);
    settle();
    stream.start(found.seq);
    outbox.flush();
    document.documentElement.dataset.ready = "true";
  } catch (refusal) {
    if (mine !== turn) return;
    if (refusal.status === 401) return renew(refusal);
    offline(true);
    talk.put(outbox.all().map(local));
    setTimeout(() => mine === turn && load(), 3000);
  }
}

/** The session is over: a new one, and with it an empty talk; what was typed stays. */
async function renewed(refusal) {
  if (!refusal.stale) door.drop();
  await door.ready();
  load();
}

function renew(refusal) {
  renewed(refusal).catch(() => setTimeout(load, 3000));
}

/** The site says who the visitor is, or with null that nobody is signed in any more. */
async function identify(token) {
  stream.stop();
  turn++;
  try {
    if (token) await door.identify(token);
    else if (door.identified()) start();
  } catch (refusal) {
    if (refusal.status !== 401) {
      setTimeout(() => identify(token), 3000);
      return;
    }
    tell("refused", { detail: refusal.detail });
    if (door.identified()) start();
  }
  load();
}

/** Begin as somebody nobody knows. */
function start() {
  leave();
  door.drop();
}

/** Somebody else is here now: nothing of who was before stays. */
function leave() {
  talk.clear();
  composer.clear();
  outbox.clear();
}

const heardOf = {
  message(message) {
    const fresh = !message.mine && !talk.messages().some(({ id }) => id === message.id);
    talk.put([message]);
    if (fresh) typing(false);
    settle();
  },
  seen: ({ until }) => talk.seen(until),
  typing: () => typing(true),
  resync: () => load(),
};

function heard(kind, data) {
  heardOf[kind]?.(data);
}

function onState(alive) {
  offline(!alive);
  if (alive) outbox.flush();
}

function typing(yes) {
  clearTimeout(typingTimer);
  const last = talk.messages().findLast(({ mine, author }) => !mine && author);
  const end = talk.atEnd();
  write($("[data-typing]"), !yes ? "" : last ? fill(words.typing, { name: last.author }) : words.somebody_types);
  if (yes) typingTimer = setTimeout(() => typing(false), TYPING_SHOWN);
  if (end) talk.toEnd();
}

/** Keep everything around the talk true: what is unread, what must be acknowledged, what may be done. */
function settle() {
  $("[data-earlier]").hidden = !before;
  showOnward(talk.messages().some(({ mine, waiting: unsent }) => mine && !unsent));
  composer.ask(config.fields.length > 0 && talk.size === 0 && keep.get("asked") === null && !door.identified());
  acknowledge();
}

const acknowledge = calmly(300, () => {
  const seeing = opened && !document.hidden && talk.atEnd();
  const theirs = talk.messages().filter(({ mine, id }) => !mine && id);
  const unread = theirs.filter(({ status }) => status !== "read");
  const told = unread.filter(({ status }) => seeing || status !== "delivered");
  if (told.length) {
    const status = seeing ? "read" : "delivered";
    const ids = told.slice(-50).map(({ id }) => id);
    door.acknowledge(status, ids).then(() => {
      talk.put(told.map((message) => ({ ...message, status })), { stay: !talk.atEnd() });
      badge();
    }, () => {});
  }
  badge();
});

function badge() {
  const theirs = talk.messages().filter(({ mine }) => !mine);
  tell("unread", { count: opened ? 0 : theirs.filter(({ status }) => status !== "read").length });
}

function complain(refusal) {
  composer.complain(refusal.detail || fill(words.not_sent, { reason: words.no_answer }));
}

/** Say it: kept first, sent then. */
function say(text, { files = [], choice, asked } = {}) {
  outbox.add({
    client_id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`, at: new Date().toISOString(),
    text, choice, page, ...asked, names: files.map(({ name }) => name),
  }, files);
  if (config.fields.length) keep.set("asked", "1");
  tell("talked");
}

$("[data-messages]").addEventListener("click", ({ target }) => {
  const message = talk.of(target);
  const choice = target.closest("[data-choice]");
  if (choice) say(choice.textContent, { choice: choice.dataset.choice });
  else if (target.closest("[data-retry]")) outbox.retry(message.client_id);
  else if (target.closest("[data-discard]")) {
    composer.giveBack(message.text);
    outbox.discard(message.client_id);
    talk.drop(message.client_id);
    settle();
  }
});
$("[data-earlier]").addEventListener("click", async () => {
  const found = await door.history(before).catch(complain);
  if (!found) return;
  before = found.before;
  talk.put(found.messages, { stay: true });
  settle();
});
$("[data-scroller]").addEventListener("scroll", calmly(300, acknowledge), { passive: true });
$("[data-close]").addEventListener("click", () => tell("close"));
addEventListener("keydown", (event) => event.key === "Escape" && !document.querySelector("dialog[open]") && tell("close"));
document.addEventListener("visibilitychange", () => !document.hidden && acknowledge());
addEventListener("online", () => {
  stream.wake();
  outbox.flush();
});
addEventListener("offline", () => offline(true));

addEventListener("message", ({ data, origin, source }) => {
  if (!site || source !== site || origin !== config.origin || data?.novelo !== 1) return;
  if (data.type === "open") {
    opened = true;
    talk.toEnd();
    settle();
    composer.focus();
  } else if (data.type === "close") {
    opened = false;
    badge();
  } else if (data.type === "identify") identify(data.token);
  else if (data.type === "page") page = String(data.page ?? "");
});

if (config.color) {
  const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(config.color.slice(at, at + 2), 16) / 255) ** 2.2);
  const style = document.documentElement.style;
  style.setProperty("--brand", config.color);
  style.setProperty("--on-brand", 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.3 ? "#101018" : "#ffffff");
}
$("[data-close]").hidden = !site;
settle();
tell("ready", { color: config.color });
if (keep.get("outbox") || keep.get("session")) tell("talked");
load();
