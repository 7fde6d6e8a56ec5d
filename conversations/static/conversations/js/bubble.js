/* One message as a bubble: everything it may hold, set from the message each time it changes. */

import { $, copy, draw, fill, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { clock, full } from "../../hub/js/time.js";
import { pieces } from "./pieces.js";
import { takesReaction } from "./reactions.js";
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
  element.classList.toggle("bare", message.kind === "sticker" && message.attachments.some(({ width }) => width) && !message.deleted_at);
  s.note.hidden = !note;
  writeOrHide(s.author, authorOf(message));
  paintQuote(s, message, quoted);
  const { headline, body, ad_title: name, ads_context_data: ad, ref } = message.referral ?? {};
  const title = headline || body || name || ad?.ad_title || ref;
  s.ad.hidden = !message.referral;
  if (message.referral) write($("span", s.ad), fill(words.came_from_ad, { title: title || "—" }));
  paintText(s.text, message, unreadable);
  paintMedia(s.media, s.below, message);
  s.edited.hidden = !message.edited_at || Boolean(message.deleted_at);
  write(s.time, clock(message.sent_at));
  s.time.dateTime = message.sent_at;
  s.time.title = full(message.sent_at);
  paintTick(s, message, note);
  if (s.log) Object.assign(s.log, { hidden: note || message.direction === "inbound" || Boolean(message.local), href: `/settings/messages/${message.id}/log/` });
  s.react.hidden = !takesReaction(message);
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
  element.replaceChildren(...linked(text).flatMap((part) => (typeof part === "string" ? named(part, message.payload?.mentions) : part)));
}

/** The text with whom it names as chips. */
function named(text, mentions) {
  for (const { id, name } of mentions ?? []) {
    const at = text.indexOf(`@${name}`);
    if (at < 0) continue;
    const chip = document.createElement("span");
    chip.className = "mention";
    chip.dataset.person = id;
    write(chip, `@${name}`);
    return [...named(text.slice(0, at), mentions), chip, ...named(text.slice(at + name.length + 1), mentions)].filter((part) => part !== "");
  }
  return [text];
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
  write(s.retry, unsure ? words.send_again : message.anyway && message.local ? words.send_anyway : words.try_again);
  delete s.retry.dataset.sure;
  $("[data-discard]", s.failure).hidden = !(failed && message.local);
}

/** What was painted stays while it says the same: sound goes on playing when a tick changes. */
function paintMedia(element, below, message) {
  const print = JSON.stringify([message.attachments, message.kind, message.payload, Boolean(message.deleted_at), Boolean(message.text)]);
  if (element.print === print) return;
  element.print = print;
  const parts = message.deleted_at ? [] : pieces(message);
  const isAnswer = (part) => part.classList.contains("choices"); // what can be pressed stands below the question
  place(element, parts.filter((part) => !isAnswer(part)));
  place(below, parts.filter(isAnswer));
}

function place(element, parts) {
  element.hidden = parts.length === 0;
  element.replaceChildren(...parts);
}
