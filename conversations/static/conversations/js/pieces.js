/* What a message holds besides its text: pictures, sound, films, files, places, people, choices, templates, orders, posts. */

import { copy, draw, fill, plural, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { post } from "../../hub/js/http.js";
import { toast } from "../../hub/js/toast.js";
import { openLightbox } from "./lightbox.js";
import { createPlayer } from "./player.js";

const FILE_KINDS = new Set(["image", "audio", "video", "document", "sticker"]);
const KILOBYTE = 1024;
const MEGABYTE = 1024 ** 2; // as channels count their limits
const WIDEST = 320;
const SHOWN_IN_ALBUM = 4;

/** The parts of a message in their order; an empty list for one that is all text. */
export function pieces(message) {
  const own = { location: place, contacts, order, interactive, template, share, story }[message.kind];
  const found = files(message.attachments);
  const piece = own?.(message.payload ?? {}, message);
  if (piece) found.push(...[piece].flat());
  if (!found.length && FILE_KINDS.has(message.kind)) found.push(tile(message.kind, words.forms_of_kind[message.kind], words.file_states.pending));
  return found;
}

/** A size in bytes as people say it. */
export function bytes(size) {
  if (!size) return "";
  const [unit, one] = size >= MEGABYTE ? ["megabyte", MEGABYTE] : ["kilobyte", KILOBYTE];
  const format = { style: "unit", unit, maximumFractionDigits: one === MEGABYTE ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(Math.max(size / one, one === KILOBYTE ? 1 : 0));
}

/** The path of a file on this very host: the public address may be another, which the page may not load from. */
export function local(address) {
  if (!address) return "";
  const { pathname, search } = new URL(address, document.baseURI);
  return pathname + search;
}

function files(attachments) {
  const pictures = attachments.filter(isPicture);
  if (pictures.length < 2) return attachments.map(file);
  const rest = attachments.filter((one) => !pictures.includes(one)).map(file);
  return [album(pictures), ...rest];
}

const isPicture = ({ kind, state, thumbnail_url: small }) => kind === "image" && state === "stored" && Boolean(small);

function file(attachment) {
  const { kind, url, state } = attachment;
  if (state === "unavailable") return unavailable(attachment);
  if (state === "pending" && (kind === "image" || kind === "video" || kind === "sticker")) return skeleton(attachment);
  if (state === "stored" && url) {
    if (isPicture(attachment)) return photo(attachment);
    if (kind === "sticker" && attachment.width) return sticker(attachment);
    if (kind === "audio") return createPlayer({ ...attachment, url: local(url) });
    if (kind === "video" && attachment.mime_type.startsWith("video/")) return film(attachment);
  }
  return card(attachment);
}

/** A picture with its place kept before it arrives; opens large on this page, in a tab of its own with a modifier key. */
function photo(attachment, cropped = false) {
  const element = copy("photo");
  const { image } = slots(element);
  element.href = local(attachment.url);
  element.attachment = attachment;
  const scale = Math.min(1, WIDEST / attachment.width, WIDEST / attachment.height);
  if (!cropped) {
    image.width = Math.max(1, Math.round(attachment.width * scale));
    image.height = Math.max(1, Math.round(attachment.height * scale));
  }
  image.alt = attachment.filename || words.forms_of_kind.image;
  image.src = local(attachment.thumbnail_url);
  element.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openLightbox(element);
  });
  return element;
}

function album(pictures) {
  const element = document.createElement("div");
  element.className = "album";
  element.dataset.count = Math.min(pictures.length, SHOWN_IN_ALBUM);
  pictures.forEach((picture, at) => {
    const one = photo(picture, true);
    one.hidden = at >= SHOWN_IN_ALBUM;
    if (at === SHOWN_IN_ALBUM - 1 && pictures.length > SHOWN_IN_ALBUM) {
      const more = document.createElement("span");
      more.className = "album-more";
      write(more, `+${pictures.length - SHOWN_IN_ALBUM}`);
      one.append(more);
    }
    element.append(one);
  });
  return element;
}

function sticker(attachment) {
  const image = new Image(140, 140);
  Object.assign(image, { className: "sticker", src: local(attachment.url), alt: words.forms_of_kind.sticker, loading: "lazy" });
  return image;
}

function film(attachment) {
  const element = copy("film");
  element.src = local(attachment.url);
  element.setAttribute("aria-label", attachment.filename || words.forms_of_kind.video);
  return element;
}

function skeleton(attachment) {
  const element = copy("awaited");
  const s = slots(element);
  draw(s.icon, attachment.kind);
  write(s.text, `${words.forms_of_kind[attachment.kind]} · ${words.file_states.pending}`);
  return element;
}

/** What did not come: why, and the way to ask again. */
function unavailable(attachment) {
  const element = copy("unavailable");
  const s = slots(element);
  const name = attachment.filename || words.forms_of_kind[attachment.kind];
  draw(s.icon, attachment.kind);
  write(s.name, name);
  write(s.reason, attachment.reason || words.file_states.unavailable);
  s.again.setAttribute("aria-label", `${s.again.textContent.trim()}: ${name}`);
  s.again.addEventListener("click", async () => {
    s.again.disabled = true;
    try {
      await post(`/api/v1/attachments/${attachment.id}/retry`);
    } catch (refusal) {
      s.again.disabled = false;
      toast(fill(words.could_not, { reason: refusal.detail || words.out_of_reach }), { bad: true });
    }
  });
  return element;
}

function card(attachment) {
  const { kind, url, state, filename, mime_type: type, size } = attachment;
  const facts = [filename && words.forms_of_kind[kind], bytes(size), words.file_states[state] ?? "", !filename && type];
  const element = tile(kind, filename || words.forms_of_kind[kind] || type, facts.filter(Boolean).join(" · "));
  // To be saved: a browser's viewer of documents does not open in the sandbox that files are handed out in.
  return state === "stored" && url ? linkTo(element, `${local(url)}?download=1`) : element;
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
  Object.assign(link, { className: element.className, href: address, target: "_blank", rel: "noopener noreferrer nofollow" });
  link.append(...element.childNodes);
  return link;
}

function place(payload) {
  const { latitude, longitude, name, address } = payload.location ?? payload;
  const known = Number.isFinite(Number(latitude)) && Number.isFinite(Number(longitude)) && latitude !== null && latitude !== undefined;
  const where = known ? `${Number(latitude).toFixed(5)}, ${Number(longitude).toFixed(5)}` : "";
  const element = tile("location", name || words.forms_of_kind.location, address || where);
  if (!known) return element;
  const at = `${Number(latitude)}/${Number(longitude)}`;
  const link = linkTo(element, `https://www.openstreetmap.org/?mlat=${Number(latitude)}&mlon=${Number(longitude)}#map=16/${at}`);
  link.title = words.open_map;
  return link;
}

function contacts(payload) {
  const people = payload.contacts ?? (Array.isArray(payload) ? payload : []);
  if (!people.length) return tile("contacts", words.forms_of_kind.contacts, "");
  return people.slice(0, 10).map((person) => {
    const name = person?.name?.formatted_name ?? person?.name ?? words.forms_of_kind.contacts;
    const phones = (person?.phones ?? []).map(({ phone, wa_id }) => phone || wa_id);
    const emails = (person?.emails ?? []).map((one) => one?.email ?? one);
    const firm = person?.organization ?? person?.org?.company;
    return tile("contacts", String(name), [firm, ...phones, ...emails].filter((one) => typeof one === "string" && one).join(" · "));
  });
}

function order(payload) {
  const { product_items, items = product_items ?? [], text } = payload.order ?? payload;
  const total = items.reduce((sum, item) => sum + Number(item.item_price ?? 0) * Number(item.quantity ?? 1), 0);
  const currency = items[0]?.currency;
  const money = /^[A-Z]{3}$/.test(currency ?? "") && new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency }).format(total);
  return tile("order", words.forms_of_kind.order, [plural(words.items, items.length), money, text].filter(Boolean).join(" · "));
}

/** A question we asked shows its answers; an answer of the customer is in the text. */
function interactive(payload, message) {
  if (message.direction === "outbound") {
    const choices = payload.choices ?? payload.sections?.flatMap(({ rows }) => rows ?? []) ?? [];
    const titles = payload.url ? [payload.title] : choices.map(({ title }) => title);
    return titles.length ? [buttons(titles, payload.footer)] : null;
  }
  return message.text ? null : tile("interactive", words.forms_of_kind.interactive, payload.title ?? "");
}

function template(payload, message) {
  const titles = (payload.buttons ?? []).map(({ title }) => title).filter(Boolean);
  const name = payload.template?.name ?? payload.name;
  const parts = [];
  if (!message.text && name) parts.push(tile("template", words.forms_of_kind.template, name));
  if (titles.length || payload.footer) parts.push(buttons(titles, payload.footer));
  return parts;
}

function buttons(titles, footer) {
  const element = copy("choices");
  const s = slots(element);
  s.list.append(...titles.map((title) => write(document.createElement("li"), title)));
  writeOrHide(s.footer, footer);
  return element;
}

function share(payload, message) {
  const address = payload.permalink ?? payload.link ?? payload.url ?? payload.share?.link ?? payload.media?.permalink;
  if (message.attachments.some(isPicture) && !payload.permalink) return null;
  const facts = words.media[`origin_${payload.origin}`] ?? String(payload.type ?? "").replaceAll("_", " ");
  const element = tile("share", payload.title || words.forms_of_kind.share, facts);
  return /^https?:/.test(address ?? "") ? linkTo(element, address) : message.attachments.length ? null : element;
}

function story(payload, message) {
  const address = payload.story?.url ?? payload.url;
  if (message.attachments.length) return null;
  const element = tile("story", words.forms_of_kind.story, payload.type === "story_reply" ? words.media.story_reply : "");
  return /^https?:/.test(address ?? "") ? linkTo(element, address) : element;
}
