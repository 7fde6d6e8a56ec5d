/* Letting this browser be told while it is closed. */

import { $, $$ } from "./dom.js";
import { post } from "./http.js";

const root = $("[data-push]");
const ADDRESS = "/api/v1/me/push_subscriptions";

function show(state) {
  for (const one of $$("[data-push-state]", root)) one.hidden = one.dataset.pushState !== state;
  $("[data-push-on]", root).hidden = state === "on" || state === "none";
  $("[data-push-off]", root).hidden = state !== "on";
}

async function subscription() {
  const known = await navigator.serviceWorker.getRegistration(root.dataset.worker);
  return known?.pushManager.getSubscription() ?? null;
}

async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") return show("denied");
  const worker = await navigator.serviceWorker.register(root.dataset.worker);
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: root.dataset.key });
  const { endpoint, keys } = made.toJSON();
  await post(ADDRESS, { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } });
  show("on");
}

async function turnOff() {
  const known = await subscription();
  if (known) {
    await fetch(ADDRESS, {
      method: "DELETE", credentials: "same-origin", body: JSON.stringify({ endpoint: known.endpoint }),
      headers: { "Content-Type": "application/json", "X-CSRFToken": $('meta[name="csrf"]').content },
    });
    await known.unsubscribe();
  }
  show("off");
}

root.addEventListener("click", ({ target }) => {
  const act = target.closest("[data-push-on]") ? turnOn : target.closest("[data-push-off]") ? turnOff : null;
  act?.().catch(() => show("failed"));
});
if (!("serviceWorker" in navigator) || !("PushManager" in window)) show("none");
else if (Notification.permission === "denied") show("denied");
else subscription().then((known) => show(known ? "on" : "off"), () => show("off"));
