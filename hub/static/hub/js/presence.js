/* How the reader is there: the dot at their avatar, their menu, and the signs of life of this screen. The same in all tabs. */

import { $, $$, calmly, fill } from "./dom.js";
import { post, put } from "./http.js";

const SIGN = 30_000; // the server takes us for gone after three of them
const INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];

const root = $("[data-presence]");
const { person, workspace } = root.dataset;
const tabs = new BroadcastChannel(`novelo presence ${person} ${workspace}`);
let moved = Date.now(); // the last input, in whatever tab
let signed = 0; // the last sign of life, of whatever tab
let failed = false;

const word = (state) => $(`[data-word="${state}"]`, root)?.textContent.trim() ?? "";
const why = (reason) => $(`[data-why="${CSS.escape(reason)}"]`, root)?.textContent.trim() || reason;

/** Show how the reader is there. */
function paint({ presence, reason }) {
  root.dataset.presence = presence;
  root.dataset.reason = reason;
  const shown = presence === "break" && reason ? `${word("break")} · ${why(reason)}` : word(presence);
  const menu = $("[data-presence-menu]", root);
  menu.setAttribute("aria-label", fill(menu.dataset.label, { name: menu.dataset.name, state: shown }));
  for (const button of $$("[data-say]:not([data-why])", root)) {
    button.setAttribute("aria-pressed", String(button.dataset.say === presence));
  }
  $("[data-say-break]", root).setAttribute("aria-pressed", String(presence === "break"));
  $("[data-break-reason]", root).textContent = presence === "break" && reason ? why(reason) : "";
  $(".me-away", root).hidden = presence !== "away";
  $("[data-presence-failed]", root).hidden = !failed;
}

/** Take the server's word, and pass it on to the other tabs. */
function take(state, told = true) {
  paint(state);
  if (told) tabs.postMessage({ state });
}

/** Say how I am there; shown at once, taken back when the server refuses. */
async function say(presence, reason = "") {
  const before = { presence: root.dataset.presence, reason: root.dataset.reason };
  failed = false;
  paint({ presence, reason });
  for (const menu of $$("[popover]", root)) menu.hidePopover();
  try {
    take(await put("/api/v1/me/presence", presence === "break" ? { presence, reason } : { presence }));
  } catch {
    failed = true;
    paint(before);
    $("#me-menu").showPopover();
  }
}

/** Tell the server that this screen is open, and how long nothing was touched. */
async function sign() {
  signed = Date.now();
  tabs.postMessage({ signed });
  const idle = Math.floor((Date.now() - moved) / 1000);
  const state = await post("/api/v1/me/presence/sign", { idle_seconds: Math.max(idle, 0) }).catch(() => null);
  if (state) take(state);
}

const signSoon = calmly(1000, sign);
const tellInput = calmly(5000, () => tabs.postMessage({ moved }));

function touched() {
  moved = Date.now();
  tellInput();
  if (root.dataset.presence === "away" && Date.now() - signed > 2000) signSoon();
}

tabs.onmessage = ({ data }) => {
  if (data.moved) moved = Math.max(moved, data.moved);
  if (data.signed) signed = Math.max(signed, data.signed);
  if (data.state) take(data.state, false);
};
for (const kind of INPUT) addEventListener(kind, touched, { passive: true });
root.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-say]");
  if (button) say(button.dataset.say, button.dataset.why ?? "");
});
$("[data-own-reason]", root).addEventListener("submit", (event) => {
  event.preventDefault();
  const own = $("#break-reason", root);
  if (own.value.trim()) say("break", own.value.trim());
  own.value = "";
});
// The inbox hears of it by the feed: said on another machine, or found out by the clock.
document.addEventListener("novelo:agent", ({ detail }) => detail.id === person && paint(detail));
document.addEventListener("visibilitychange", () => !document.hidden && signSoon());
addEventListener("online", signSoon);
addEventListener("pageshow", ({ persisted }) => persisted && signSoon());
setInterval(() => Date.now() - signed >= SIGN - 1000 && sign(), SIGN / 2); // one tab signs for all
sign();
