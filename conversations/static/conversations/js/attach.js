/* Files on their way into a message: chosen, dropped or pasted, measured before anything leaves, uploaded with progress. */

import { $, copy, draw, fill, read, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { bytes, local } from "./pieces.js";

const RULES = read("file-rules") ?? {};
const MOST = 20;

/**
 * Files of the composer `form`, kept by conversation. `onChange()` when there is more, less, or one has arrived.
 * open(conversation) turns to another one; to(channel) says where the message will go; parts(text, note) is what to send.
 */
export function createAttachments(form, { onChange }) {
  const tray = $("[data-tray]", form);
  const input = $("[data-files]", form);
  const zone = form.closest("[data-open]") ?? form;
  const held = new Map(); // conversation: [{id, file, state, share, attachment, reason, request, element}]
  let conversation = null;
  let channel = null;

  const entries = () => held.get(conversation) ?? [];
  const rules = () => RULES[channel?.kind] ?? { files: {} };

  function add(files) {
    if (!conversation) return;
    const list = entries();
    held.set(conversation, list);
    for (const file of [...files].slice(0, MOST - list.length)) {
      const entry = { file, state: "uploading", share: 0, attachment: null, reason: "", element: copy("tray-file") };
      list.push(entry);
      const reason = objection(file, rules(), channel);
      if (reason) fail(entry, reason);
      else upload(entry, channel?.id, changed);
      slots(entry.element).remove.addEventListener("click", () => remove(entry));
    }
    changed();
  }

  function remove(entry) {
    entry.request?.abort();
    for (const [key, list] of held) held.set(key, list.filter((one) => one !== entry));
    changed();
    $("[data-text]", form).focus();
  }

  function changed() {
    for (const entry of entries()) paint(entry);
    tray.replaceChildren(...entries().map(({ element }) => element));
    tray.hidden = entries().length === 0;
    onChange();
  }

  $("[data-attach]", form).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  $("[data-text]", form).addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    add(files);
  });
  listenForDrops(zone, add);

  return {
    open(id) {
      conversation = id;
      changed();
    },
    to(where) {
      channel = where;
      const { files } = rules();
      $("[data-attach]", form).disabled = Object.keys(files).length === 0;
    },
    count: () => entries().filter(({ state }) => state !== "failed").length,
    busy: () => entries().some(({ state }) => state === "uploading"),
    /** The messages these files and this text make on the channel: [{text, attachments}], in order. */
    parts: (text, note) => parts(entries().filter(({ state }) => state === "here").map(({ attachment }) => attachment), text, note ? { per_message: MOST } : rules()),
    clear() {
      held.delete(conversation);
      changed();
    },
  };
}

/** Split files as the channel takes them; text goes with the first that may carry one, else on its own. */
function parts(files, text, { files: known = {}, per_message: most = 1 } = {}) {
  if (!files.length) return text ? [{ text, attachments: [] }] : [];
  const size = Math.max(1, most);
  const groups = [];
  for (let at = 0; at < files.length; at += size) groups.push({ text: "", attachments: files.slice(at, at + size) });
  const carries = ({ attachments }) => attachments.every(({ kind }) => (known[kind] ?? known.document)?.caption !== false);
  if (text && carries(groups[0])) groups[0].text = text;
  else if (text) groups.push({ text, attachments: [] });
  return groups;
}

/** Why a channel will not take a file, as far as its size and family tell; empty when it may. */
function objection(file, { files = {}, title = "" }, channel) {
  const family = file.type.split("/")[0];
  const kind = ["image", "audio", "video"].includes(family) ? family : "document";
  if (!Object.keys(files).length) return fill(words.media.no_files, { channel: title || channel?.name || "" });
  if (!file.size) return fill(words.media.empty, { name: file.name });
  const takes = (rule) => rule && (!rule.mime_types.length || !file.type || rule.mime_types.includes(file.type.split(";")[0]));
  const rule = [files[kind], files.document].find(takes);
  if (!rule) return fill(words.media.wrong_type, { name: file.name, channel: title });
  if (file.size > rule.max_bytes) return fill(words.media.too_large, { name: file.name, size: bytes(file.size), limit: bytes(rule.max_bytes), channel: title });
  return "";
}

/** Send the bytes; only this request can say how far it is. */
function upload(entry, channel, changed) {
  const request = new XMLHttpRequest();
  entry.request = request;
  const body = new FormData();
  if (channel) body.append("channel", channel);
  body.append("file", entry.file, entry.file.name || "image.png");
  request.open("POST", "/api/v1/attachments");
  request.responseType = "json";
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", $('meta[name="csrf"]').content);
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    entry.share = total ? loaded / total : 0;
    paint(entry);
  });
  request.addEventListener("load", () => {
    if (request.status === 201) {
      entry.state = "here";
      entry.attachment = request.response;
    } else fail(entry, said(request.response) || fill("HTTP {status}", { status: request.status }));
    changed();
  });
  request.addEventListener("error", () => {
    fail(entry, words.media.not_uploaded);
    changed();
  });
  request.send(body);
}

function fail(entry, reason) {
  entry.state = "failed";
  entry.reason = reason;
}

function said(problem) {
  const [first] = Object.values(problem?.errors ?? {}).flat();
  return typeof first === "string" ? first : problem?.detail;
}

function paint({ element, file, state, share, attachment, reason }) {
  const s = slots(element);
  element.dataset.state = state;
  const family = file.type.split("/")[0];
  const small = local(attachment?.thumbnail_url);
  s.image.hidden = !small;
  if (small && s.image.getAttribute("src") !== small) s.image.src = small;
  s.icon.hidden = Boolean(small);
  draw(s.icon, ["image", "audio", "video"].includes(family) ? family : "document");
  write(s.name, file.name || words.forms_of_kind[family] || words.forms_of_kind.file);
  write(s.facts, state === "failed" ? reason : bytes(file.size));
  s.progress.hidden = state !== "uploading";
  s.progress.value = share;
  s.remove.setAttribute("aria-label", fill(words.media.remove, { name: file.name }));
  writeOrHide(s.status, state === "uploading" ? words.media.uploading : "");
}

function listenForDrops(zone, add) {
  let depth = 0;
  const files = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const mark = () => zone.toggleAttribute("data-dropping", depth > 0);
  zone.addEventListener("dragenter", (event) => {
    if (!files(event)) return;
    depth += 1;
    mark();
  });
  zone.addEventListener("dragleave", (event) => {
    if (!files(event)) return;
    depth = Math.max(0, depth - 1);
    mark();
  });
  zone.addEventListener("dragover", (event) => files(event) && event.preventDefault());
  zone.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    depth = 0;
    mark();
    add(event.dataTransfer.files);
  });
}
