/* One message as a bubble: everything it may hold, set from the message each time it changes. */

import { $, copy, draw, fill, plural, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { clock, full } from "../../hub/js/time.js";
import { said } from "./saying.js";

const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s){1,12}$/u;
const LINK = /\bhttps?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}']/g;

export const isNote = (message) => message.kind === "note" || message.private === true;

/** A new bubble. The element keeps its message as `message`. */
export function createBubble(message, quoted) {
  const element = copy("message");
  paintBubble(element, message, quoted);
  return element;
}

/** Show `message` in the element; `quoted` is the message it answers, if this page holds it. */
export function paintBubble(element, message, quoted) {
  const s = slots(element);
  element.message = message;
  element.dataset.id = message.id;
  const note = isNote(message);
  const unreadable = message.kind === "unsupported";
  element.classList.toggle("out", message.direction === "outbound");
  element.classList.toggle("in", message.direction === "inbound");
  element.classList.toggle("note", note);
  element.classList.toggle("unreadable", unreadable || Boolean(message.deleted_at));
  s.note.hidden = !note;
  writeOrHide(s.author, authorOf(message));
  paintQuote(s, message, quoted);
  const title = message.referral?.headline || message.referral?.body || message.referral?.ad_title;
  s.ad.hidden = !message.referral;
  if (message.referral) write($("span", s.ad), fill(words.came_from_ad, { title: title || "—" }));
  paintText(s.text, message, unreadable);
  paintMedia(s.media, message);
  s.edited.hidden = !message.edited_at || Boolean(message.deleted_at);
  write(s.time, clock(message.sent_at));
  s.time.dateTime = message.sent_at;
  s.time.title = full(message.sent_at);
  paintTick(s, message, note);
  writeOrHide(s.reactions, message.reactions.map(({ emoji }) => emoji).join(" "));
}

function authorOf({ direction, author }) {
  if (direction === "inbound") return "";
  if (author.kind === "bot") return author.name ? `${words.robot} · ${author.name}` : words.robot;
  if (author.kind === "device") return words.device;
  return author.name;
}

function paintQuote(s, message, quoted) {
  s.quote.hidden = !message.reply_to;
  if (!message.reply_to) return;
  s.quote.dataset.to = message.reply_to;
  write(s["quote-author"], quoted ? quoted.author.name || words.unknown_person : "");
  write(s["quote-text"], quoted ? said(quoted) : "…");
}

function paintText(element, message, unreadable) {
  element.classList.toggle("taken-back", Boolean(message.deleted_at));
  element.classList.toggle("large", !message.deleted_at && message.kind === "text" && EMOJI_ONLY.test(message.text) && /\p{Extended_Pictographic}/u.test(message.text));
  const text = message.deleted_at ? words.deleted : message.text || (unreadable ? words.unsupported : "");
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  element.replaceChildren(...linked(text));
}

/** The text with its addresses as links. */
function linked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(end, match.index));
    const link = document.createElement("a");
    Object.assign(link, { href: match[0], target: "_blank", rel: "noopener noreferrer", textContent: match[0] });
    parts.push(link);
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)].filter((part) => part !== "");
}

function paintTick(s, message, note) {
  const own = message.direction === "outbound" && !note;
  draw(s.tick, own ? `tick-${message.status}` : "");
  s.tick.dataset.status = own ? message.status : "";
  s.tick.title = own ? words.ticks[message.status] : "";
  if (own) s.tick.setAttribute("role", "img");
  if (own) s.tick.setAttribute("aria-label", words.ticks[message.status]);
  const failed = message.status === "failed";
  const unsure = own && message.status === "unknown";
  s.failure.hidden = !failed && !unsure;
  s.failure.classList.toggle("unsure", unsure);
  if (failed) write(s.reason, fill(words.not_sent, { reason: message.error?.title || message.error?.code || "—" }));
  if (unsure) write(s.reason, words.unsure);
  $("[data-retry]", s.failure).hidden = !failed;
  $("[data-discard]", s.failure).hidden = !(failed && message.local);
}

function paintMedia(element, message) {
  const parts = message.deleted_at ? [] : pieces(message);
  const print = JSON.stringify([message.attachments, message.kind, parts.length]);
  element.hidden = parts.length === 0;
  if (element.dataset.print === print) return;
  element.dataset.print = print;
  element.replaceChildren(...parts);
}

/** What a message holds besides its text. */
function pieces(message) {
  const own = { location, contacts, order, interactive: choice, template, share, story }[message.kind];
  const files = message.attachments.map(file);
  const piece = own?.(message.payload ?? {}, message);
  if (piece) files.push(piece);
  if (!files.length && FILE_KINDS.has(message.kind)) files.push(tile(message.kind, words.forms_of_kind[message.kind], words.file_states.pending));
  return files;
}

const FILE_KINDS = new Set(["image", "audio", "video", "document", "sticker"]);

function file(attachment) {
  const { kind, url, state, filename, mime_type: type, size } = attachment;
  if (state === "stored" && url) {
    if (kind === "image" || kind === "sticker") return shown("picture", "img", url, { href: url }, filename);
    if (kind === "audio") return shown("sound", null, url);
    if (kind === "video") return shown("film", null, url);
  }
  const facts = [filename && words.forms_of_kind[kind], bytes(size), words.file_states[state] ?? "", !filename && type];
  const element = tile(kind, filename || words.forms_of_kind[kind] || type, facts.filter(Boolean).join(" · "));
  return state === "stored" && url ? linkTo(element, url) : element;
}

function shown(template, inner, source, attributes = {}, alt = "") {
  const element = Object.assign(copy(template), attributes);
  const media = inner ? $(inner, element) : element;
  media.src = source;
  if (inner) media.alt = alt || words.forms_of_kind.image;
  return element;
}

function tile(icon, name, facts) {
  const element = copy("file");
  const s = slots(element);
  draw(s.icon, icon);
  write(s.name, name);
  writeOrHide(s.facts, facts);
  return element;
}

function linkTo(element, address) {
  const link = document.createElement("a");
  Object.assign(link, { className: element.className, href: address, target: "_blank", rel: "noopener noreferrer" });
  link.append(...element.childNodes);
  return link;
}

function bytes(size) {
  if (!size) return "";
  const unit = size >= 1_000_000 ? ["megabyte", 1_000_000] : ["kilobyte", 1000];
  const format = { style: "unit", unit: unit[0], maximumFractionDigits: size >= 1_000_000 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(size / unit[1]);
}

function location(payload) {
  const place = payload.location ?? payload;
  const { latitude, longitude } = place;
  const element = tile("location", place.name || words.forms_of_kind.location, place.address || words.open_map);
  if (latitude === undefined || longitude === undefined) return element;
  return linkTo(element, `https://www.openstreetmap.org/?mlat=${Number(latitude)}&mlon=${Number(longitude)}#map=16/${Number(latitude)}/${Number(longitude)}`);
}

function contacts(payload) {
  const [person] = payload.contacts ?? (Array.isArray(payload) ? payload : []);
  const name = person?.name?.formatted_name ?? person?.name ?? words.forms_of_kind.contacts;
  return tile("contacts", String(name), (person?.phones ?? []).map(({ phone, wa_id }) => phone || wa_id).join(" · "));
}

function order(payload) {
  const { product_items: items = [], text } = payload.order ?? payload;
  const total = items.reduce((sum, item) => sum + Number(item.item_price ?? 0) * Number(item.quantity ?? 1), 0);
  const currency = items[0]?.currency;
  const money = currency && new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency }).format(total);
  return tile("order", words.forms_of_kind.order, [plural(words.items, items.length), money, text].filter(Boolean).join(" · "));
}

function choice(_payload, message) {
  return message.text ? null : tile("interactive", words.forms_of_kind.interactive, "");
}

function template(payload) {
  const name = payload.template?.name ?? payload.name;
  return name ? tile("template", words.forms_of_kind.template, name) : null;
}

function share(payload, message) {
  const address = payload.link ?? payload.url ?? payload.share?.link;
  const element = tile("share", words.forms_of_kind.share, "");
  return message.attachments.length ? null : /^https?:/.test(address ?? "") ? linkTo(element, address) : element;
}

function story(payload, message) {
  return message.attachments.length ? null : tile("story", words.forms_of_kind.story, payload.story?.id ? "" : "");
}
