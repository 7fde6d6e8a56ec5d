/* The keys of the inbox and its palette. What they do is handed in; what they are called comes from the server. */

import { $, $$, words } from "../../hub/js/dom.js";
import { get, post } from "../../hub/js/http.js";
import { commands, listen, shortcuts, useLetters } from "../../hub/js/keys.js";
import { createPalette } from "../../hub/js/palette.js";

/** Bind the keys to the inbox's actions, fill the sheet that "?" shows and make the palette. `settings` are the member's own. */
export function bindKeys(act, steps, settings) {
  const { keys, list_keys: more } = words;
  const opened = () => act.opened();
  const withThread = (action) => () => (opened() ? action() : false);
  const inList = (action) => () => (act.inList() ? action() : false);
  const stepped = (id, key) => ({ id, keys: [key], label: keys[id], when: opened, step: steps[id], run: () => act.choose?.(id) ?? (opened() ? act.ready().then(() => palette.open(steps[id])) : false) });
  const aimed = (id, key, run) => ({ id, keys: [key], label: keys[id], when: opened, run }); // also at a row that is not opened
  const simple = (id, key, run) => ({ id, keys: [key], label: keys[id], when: opened, run: withThread(run) });
  const going = $$(".rail a[href]").filter((link) => link.dataset.goes || link.classList.contains("rail-item"));
  shortcuts(
    { keys: ["Ctrl+k"], label: keys.palette, run: () => palette.open(), typing: true },
    { keys: ["/"], label: more.search, run: act.search },
    { keys: ["j"], label: keys.next, run: act.next },
    { keys: ["k"], label: keys.previous, run: act.previous },
    { keys: ["ArrowDown"], label: keys.next, run: inList(act.next), hidden: true },
    { keys: ["ArrowUp"], label: keys.previous, run: inList(act.previous), hidden: true },
    { keys: ["Alt+ArrowDown"], label: keys.next_always, run: act.nextAlways, typing: true },
    { keys: ["Alt+ArrowUp"], label: keys.previous_always, run: act.previousAlways, typing: true },
    { keys: ["Enter"], label: keys.open, run: () => false },
    simple("reply", "r", act.reply),
    simple("note", "n", act.note),
    { keys: ["Ctrl+Enter"], label: keys.send, run: () => false, typing: true },
    { keys: ["Ctrl+Shift+Enter"], label: keys.send_resolve, run: () => false, typing: true },
    aimed("resolve", "e", act.resolve),
    aimed("resolve_next", "Shift+e", act.resolveNext),
    stepped("snooze", "z"), stepped("assign", "a"), aimed("mine", "i", act.mine), stepped("label", "l"), stepped("priority", "p"), stepped("macro", "m"),
    { id: "canned", keys: ["/"], label: keys.canned, when: opened, step: steps.canned, run: () => false, hidden: true },
    { id: "pending", keys: [], label: keys.pending, when: opened, run: steps.pending, hidden: true },
    { id: "unread", keys: ["u"], label: more.unread, when: opened, run: act.unread },
    { keys: ["x"], label: more.select, run: act.select },
    { keys: ["Shift+x"], label: more.select, run: act.selectRange, hidden: true },
    { id: "side", keys: ["]"], label: keys.side, run: () => act.toggleSide() },
    { keys: ["Escape"], label: keys.back, run: () => escape(act), typing: true },
    { keys: ["Ctrl+z"], label: keys.undo, run: () => act.undo() },
    ...going.slice(0, 5).map((link) => ({ keys: goKey(link), label: link.textContent.trim(), run: () => location.assign(link.href) })).filter((entry) => entry.keys.length),
    { id: "help", keys: ["?"], label: keys.help, run: () => $("#keys").showModal() },
  );
  useLetters(settings.single_letters !== false);
  listen($("#keys"));
  bindSettings(settings);
  const palette = createPalette({
    recent: settings.recent,
    onRecent: (recent) => post("/api/v1/me/settings", { recent }).catch(() => {}),
    groups: () => [
      { title: words.palette.actions, items: commands().map(({ id, label, keys: pressed, run, step }) => ({ id, title: label, keys: pressed, run, step: step && act.opened() ? step : undefined })) },
      { title: words.palette.conversations, items: act.rows().map((row) => ({ title: row.customer_name || words.unknown_person, text: row.last_message?.text ?? "", run: () => act.open(row.id) })) },
      { title: words.palette.places, items: going.map((link) => ({ id: `go:${link.pathname}`, title: link.textContent.trim(), keys: goKey(link), run: () => location.assign(link.href) })) },
    ],
    find: (query) => found(query, act),
  });
  return palette;
}

/** People and messages the server finds: to open their conversation. */
async function found(query, act) {
  const { people, results } = await get(`/api/v1/search?limit=8&q=${encodeURIComponent(query)}`);
  return [
    { title: words.palette.people, items: people.filter(({ conversation }) => conversation).map((one) => ({ title: one.name || words.unknown_person, text: one.identities[0]?.value ?? "", run: () => act.open(one.conversation) })) },
    { title: words.palette.messages, items: results.map((one) => ({ title: one.customer_name || words.unknown_person, text: one.snippet.map(({ text }) => text).join(""), run: () => act.open(one.conversation) })) },
  ];
}

const GO = { "/inbox/": "i", "/wallboard/": "b", "/metrics/": "r", "/settings/": "s", "/customers/": "c" };
const goKey = (link) => (GO[link.pathname] ? [`g ${GO[link.pathname]}`] : []);

/** How the member likes to work: two switches below the shortcuts. */
function bindSettings(settings) {
  for (const box of $$("[data-own-setting]", $("#keys"))) {
    const name = box.dataset.ownSetting;
    box.checked = name === "single_letters" ? settings[name] !== false : Boolean(settings[name]);
    box.addEventListener("change", () => {
      settings[name] = box.checked;
      if (name === "single_letters") useLetters(box.checked);
      post("/api/v1/me/settings", { [name]: box.checked }).catch(() => {});
    });
  }
}

/** Leave what one is in: first the text, then the conversation. A menu closes by itself. */
function escape(act) {
  if (document.querySelector(":popover-open")) return false;
  if (document.activeElement?.matches("textarea, input")) document.activeElement.blur();
  else if (act.leave()) return true;
  else if (act.opened()) act.close();
  else return false;
  return true;
}
