/* Telling a reader who looks elsewhere: a number on the tab's icon, and a sound by their own rules, but in their quiet hours. */

import { $, read } from "./dom.js";

const wishes = read("notices");
const icon = $('link[rel="icon"]');
const plain = icon.href;
const mine = new Set(); // conversations that are the reader's
const named = new Set(); // those with a mention of the reader that was not seen
const held = new Set(); // alerts that hold
const since = Date.now();
let audio = null;

for (const row of read("state")?.list?.results ?? []) note(row);

function note(row) {
  mine[row.assignee?.id === wishes.me && row.status !== "resolved" ? "add" : "delete"](row.id);
  const unseen = (row.mentions ?? []).some(({ agent, seen }) => agent === wishes.me && !seen);
  named[unseen ? "add" : "delete"](row.id);
}

/** The mark of the house with a number on it: what is unread. */
function paintIcon(count) {
  if (!count) return void (icon.href = plain);
  const shown = count > 99 ? "99" : String(count);
  const size = shown.length > 1 ? 15 : 18;
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#4f46e5"/><circle cx="20" cy="20" r="12" fill="#c0162f"/><text x="20" y="${20 + size / 3}" font-family="sans-serif" font-size="${size}" font-weight="700" fill="#fff" text-anchor="middle">${shown}</text></svg>`;
  icon.href = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
}

/** Whether the reader wants to be left alone now, on the clocks of their zone. */
export function isQuiet({ quiet_from, quiet_to, zone }, now = new Date()) {
  if (!quiet_from || !quiet_to) return false;
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(now);
  return quiet_from <= quiet_to ? quiet_from <= clock && clock < quiet_to : clock >= quiet_from || clock < quiet_to;
}

/** Two short tones, higher for what is pressing. Silent until the reader has touched the page once. */
function ring(kind) {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume().catch(() => {});
  const pitch = { incident: 880, mention: 740, assigned: 660, message: 587 }[kind];
  for (const [step, tone] of [pitch, pitch * 1.25].entries()) {
    const start = audio.currentTime + step * 0.14;
    const wave = audio.createOscillator();
    const loud = audio.createGain();
    wave.frequency.value = tone;
    loud.gain.setValueAtTime(0.0001, start);
    loud.gain.exponentialRampToValueAtTime(0.12, start + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.0001, start + 0.3);
    wave.connect(loud).connect(audio.destination);
    wave.start(start);
    wave.stop(start + 0.32);
  }
}

function tell(kind) {
  if (!wishes.sound.includes(kind) || isQuiet(wishes)) return;
  document.documentElement.dataset.told = kind;
  if (navigator.userActivation?.hasBeenActive) ring(kind);
}

const heard = {
  "conversation.updated": (row) => {
    const [had, knew] = [mine.has(row.id), named.has(row.id)];
    note(row);
    const given = row.route_reason?.at && Date.parse(row.route_reason.at) >= since;
    const own = row.route_reason?.rule === "hand" && !row.route_reason.by;
    if (mine.has(row.id) && !had && given && !own) tell("assigned");
    if (named.has(row.id) && !knew) tell("mention");
  },
  "message.created": (message) => {
    if (message.direction === "inbound" && mine.has(message.conversation) && document.hidden) tell("message");
  },
  "incident.updated": (incident) => {
    const fresh = !held.has(incident.id) && Date.parse(incident.opened_at) >= since;
    if (!incident.closed_at && fresh) tell("incident");
    held[incident.closed_at ? "delete" : "add"](incident.id);
  },
};
document.addEventListener("novelo:feed", ({ detail: { kind, object } }) => heard[kind]?.(object));
const count = () => paintIcon(Number(/^\((\d+)\)/.exec(document.title)?.[1] ?? 0));
new MutationObserver(count).observe($("title"), { childList: true });
count();
