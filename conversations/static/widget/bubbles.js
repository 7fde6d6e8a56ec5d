/* One message as visitors see it: text, files, what can be pressed, when it was said and what became of it. */

import { copy, draw, fill, slots, words, write, writeOrHide } from "../hub/js/dom.js";
import { clock, full } from "../hub/js/time.js";

const LINK = /\bhttps?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}']/g;

/** Show `message` in the element, made when there is none. */
export function paint(message, element = copy("message")) {
  const s = slots(element);
  element.message = message;
  element.dataset.id = message.id;
  element.classList.toggle("out", message.mine);
  element.classList.toggle("in", !message.mine);
  element.classList.toggle("gone", message.deleted);
  writeOrHide(s.author, message.mine ? "" : message.author);
  const empty = !message.text && !message.files.length && !message.extra.place;
  paintText(s.text, message.deleted ? words.deleted : message.text || (empty ? words.unsupported : ""));
  paintFiles(s.media, message);
  paintChoices(s.choices, message);
  writeOrHide(s.reactions, message.reactions.join(" "));
  s.edited.hidden = !message.edited || message.deleted;
  write(s.time, clock(message.at));
  s.time.dateTime = message.at;
  s.time.title = full(message.at);
  paintTick(s, message);
  return element;
}

function paintText(element, text) {
  element.hidden = !text;
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(end, match.index), link(match[0], match[0]));
    end = match.index + match[0].length;
  }
  element.replaceChildren(...[...parts, text.slice(end)].filter((part) => part !== ""));
}

function link(href, text) {
  return Object.assign(document.createElement("a"), { href, textContent: text, target: "_blank", rel: "noopener noreferrer" });
}

function paintFiles(element, message) {
  const print = JSON.stringify([message.files.map(({ id, state, name }) => [id, state, name]), message.extra.place ?? null]);
  element.hidden = !message.files.length && !message.extra.place;
  if (element.dataset.print === print) return;
  element.dataset.print = print;
  element.replaceChildren(...message.files.map(file), ...(message.extra.place ? [place(message.extra.place)] : []));
}

function file({ kind, url, small, name, state, width, height }) {
  if (url && kind === "image") {
    const element = Object.assign(copy("picture"), { href: url });
    const image = element.firstElementChild;
    Object.assign(image, { src: small ?? url, alt: name || words.picture });
    if (width && height) Object.assign(image, { width, height });
    return element;
  }
  if (url && (kind === "audio" || kind === "video")) return Object.assign(copy(kind === "audio" ? "sound" : "film"), { src: url });
  const element = copy("file");
  if (url) element.href = url;
  const missing = state === "pending" ? words.file_coming : state === "unavailable" ? words.file_gone : "";
  write(slots(element).name, [name || words.file, missing].filter(Boolean).join(" · "));
  return element;
}

function place({ latitude, longitude, name, address }) {
  const element = copy("file");
  element.href = `https://www.openstreetmap.org/?mlat=${Number(latitude)}&mlon=${Number(longitude)}#map=16/${Number(latitude)}/${Number(longitude)}`;
  write(slots(element).name, [name, address].filter(Boolean).join(" · ") || words.open_map);
  return element;
}

function paintChoices(element, { extra }) {
  const { choices = [], link: address } = extra;
  element.hidden = !choices.length && !address;
  if (element.childElementCount) return;
  element.dataset.survey = extra.survey ?? "";
  for (const { id, title } of choices) {
    const button = write(copy("choice"), title);
    button.dataset.choice = id;
    if (extra.survey) button.dataset.score = id.split(":").pop();
    element.append(button);
  }
  if (address) element.append(write(Object.assign(copy("link"), { href: address.url }), address.title));
}

function paintTick(s, message) {
  const state = !message.mine ? "" : message.failed ? "failed" : message.waiting ? "waiting" : message.seen ? "read" : "sent";
  s.tick.hidden = !state;
  s.tick.dataset.state = state;
  draw(s.tick, state);
  s.tick.title = state ? words.ticks[state] : "";
  s.tick.setAttribute("aria-label", s.tick.title);
  s.failure.hidden = !message.failed;
  if (message.failed) write(s.reason, fill(words.not_sent, { reason: message.failed }));
}
