/* The one stream of a browser: reads the feed and hands each event to every tab. Runs as shared worker or as a tab's own. */

const KINDS = [
  "message.created", "message.updated", "conversation.created", "conversation.updated", "customer.updated",
  "channel.updated", "draft.updated", "attention.updated", "agent.updated",
];
const PASSING = ["customer.typing"]; // said once, kept nowhere
const KEPT = 500; // events a tab may have missed while it loaded
const SILENCE = 50_000; // the server's heart beats every 20 s
const LONGEST = 2_500; // between two tries: whoever comes back sees the truth within five seconds
const OPENING = 2_500; // a try that hangs longer is given up, the next one twice as late: a slow line is a line
const MOST_PATIENT = 10_000;
const QUIET = 25_000; // whoever looks again after so long without a heartbeat wants to know
const ASLEEP = 10_000; // the clock jumped further than this between two ticks: the machine slept

const tabs = new Set();
let source = null;
let began = null; // the feed is known after this number
let last = null;
let kept = [];
let tries = 0;
let hung = 0;
let timer = 0;
let watch = 0;
let heardAt = 0;
let alive = false;

const tell = (message) => tabs.forEach((tab) => tab.postMessage(message));

function say(state) {
  if (alive === state) return;
  alive = state;
  tell({ type: state ? "alive" : "lost" });
}

function open() {
  clearTimeout(timer);
  source?.close();
  source = new EventSource(`/api/v1/feed?after=${last}`);
  listenUntil(Math.min(MOST_PATIENT, OPENING * 2 ** hung), () => {
    hung += 1;
    again();
  });
  source.onopen = () => {
    tries = hung = 0;
    say(true);
    heard();
  };
  source.onerror = () => {
    hung = 0;
    again();
  };
  source.addEventListener("heartbeat", heard);
  source.addEventListener("resync", (event) => {
    heard();
    kept = [];
    began = last = Number(event.lastEventId) || last;
    tell({ type: "resync" });
  });
  for (const kind of KINDS) source.addEventListener(kind, (event) => pass(kind, event));
  for (const kind of PASSING) source.addEventListener(kind, ({ data }) => tell({ type: "passing", kind, data }));
}

function pass(kind, event) {
  heard();
  const seq = Number(event.lastEventId);
  if (seq <= last) return;
  last = seq;
  const message = { type: "event", seq, kind, data: event.data };
  kept.push(message);
  if (kept.length > KEPT) began = kept.shift().seq;
  tell(message);
}

function heard() {
  heardAt = Date.now();
  listenUntil(SILENCE, again);
}

function listenUntil(patience, otherwise) {
  clearTimeout(watch);
  watch = setTimeout(otherwise, patience);
}

/** Begin anew at once: the line may be dead without a word, after sleep or in another network. */
function wake() {
  if (!tabs.size || last === null) return;
  tries = hung = 0;
  open();
}

/** Somebody looks again: let them not wait for the next try, nor believe a line that says nothing. */
function look() {
  if (source?.readyState !== EventSource.CONNECTING && (!alive || Date.now() - heardAt > QUIET)) wake();
}

let ticked = Date.now();
setInterval(() => {
  const slept = Date.now() - ticked > ASLEEP;
  ticked = Date.now();
  if (slept) wake();
}, 2_000);

function again() {
  source?.close();
  clearTimeout(timer);
  clearTimeout(watch);
  say(false);
  const wait = Math.min(LONGEST, 500 * 2 ** tries++) * (0.5 + Math.random() / 2);
  timer = setTimeout(open, wait);
}

function hear(tab, { after, bye, retry, looks }) {
  if (bye) {
    tabs.delete(tab);
    if (!tabs.size) source?.close();
  } else if (retry) {
    wake();
  } else if (looks) {
    look();
  } else {
    const idle = !tabs.size || source?.readyState === EventSource.CLOSED;
    tabs.add(tab);
    if (last === null || idle) {
      // Nobody else listens: start where this tab stands.
      if (last === null || after > last || after < began) [began, last, kept] = [after, after, []];
      tries = 0;
      open();
    } else if (after < began) {
      tab.postMessage({ type: "resync" });
    }
    for (const message of kept) if (message.seq > after) tab.postMessage(message);
    if (alive) tab.postMessage({ type: "alive" });
  }
}

if ("onconnect" in self) {
  self.onconnect = ({ ports: [port] }) => {
    port.onmessage = ({ data }) => hear(port, data);
  };
} else {
  self.onmessage = ({ data }) => hear(self, data);
}
