/* Choosing a template: searched, shown as the customer will see it, its blanks filled, in the language one wants. */

import { $, $$, copy, draw, fill, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { get, post } from "../../hub/js/http.js";
import { detailOf } from "./sending.js";

const FILES = new Set(["image", "video", "document"]);
const MOST_PAGES = 10;
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** onPick({channel, text, template, attachments}) when one is ready to go. Values stay while the page lives. */
export function createPicker({ onPick }) {
  const dialog = $("#picker");
  const form = $("form", dialog);
  const list = $("[data-templates]", dialog);
  const search = $("[data-search]", dialog);
  const fields = $("[data-fields]", dialog);
  const language = $("[data-language]", dialog);
  const kept = new Map(); // template id: {field: value}
  let way = null;
  let found = [];
  let template = null;
  let file = null; // what was brought for the head: {id, kind, filename}

  async function load() {
    let address = `/api/v1/channels/${way.channel}/templates?limit=200`;
    const all = [];
    for (let page = 0; address && page < MOST_PAGES; page += 1) {
      const { results, next } = await get(address);
      all.push(...results);
      address = next && new URL(next).pathname + new URL(next).search;
    }
    found = all.sort((a, b) => Number(b.usable) - Number(a.usable) || a.name.localeCompare(b.name));
  }

  async function open(to, restored = null) {
    way = to;
    write($("[data-channel]", dialog), way.name);
    say("");
    template = null;
    dialog.showModal();
    dialog.dataset.state = "loading";
    try {
      await load();
      if (!found.length) await sync();
      dialog.dataset.state = found.length ? "ready" : "empty";
    } catch (refusal) {
      dialog.dataset.state = "empty";
      say(detailOf(refusal));
    }
    paintList();
    const again = restored && found.find((one) => one.name === restored.name && one.language === restored.language);
    if (again) choose(again);
    else paint();
    search.focus();
  }

  async function sync() {
    dialog.dataset.state = "loading";
    say("");
    try {
      const told = await post(`/api/v1/channels/${way.channel}/templates/sync`);
      if (!told.works) say(told.error.title);
      await load();
    } catch (refusal) {
      say(detailOf(refusal));
    }
    dialog.dataset.state = found.length ? "ready" : "empty";
    template = found.find(({ id }) => id === template?.id) ?? null;
    paintList();
    paint();
  }

  const say = (sentence) => writeOrHide($("[data-wrong]", dialog), sentence);

  function paintList() {
    const wanted = plain(search.value);
    const names = new Map();
    for (const one of found) {
      if (!plain(`${one.name} ${one.body}`).includes(wanted)) continue;
      names.set(one.name, [...(names.get(one.name) ?? []), one]);
    }
    list.replaceChildren(...[...names.values()].map(row));
    $("[data-nothing]", dialog).hidden = names.size > 0 || found.length === 0;
  }

  function row(versions) {
    const element = copy("template-row");
    const s = slots(element);
    const one = preferred(versions);
    write(s.name, one.name.replaceAll("_", " "));
    write(s.text, one.body);
    write(s.facts, [words.picker.categories[one.category] ?? one.category, versions.map(({ language: code }) => code).join(" · ")].filter(Boolean).join(" · "));
    writeOrHide(s.why, one.why);
    const button = $("button", element);
    button.disabled = !one.usable;
    button.setAttribute("aria-pressed", String(versions.some(({ id }) => id === template?.id)));
    button.addEventListener("click", () => choose(one));
    return element;
  }

  /** The one that can be sent, in the reader's language if there is one. */
  function preferred(versions) {
    const own = document.documentElement.lang.replace("-", "_").toLowerCase();
    const rank = ({ usable, language: code }) => (usable ? 2 : 0) + (code.toLowerCase().startsWith(own.slice(0, 2)) ? 1 : 0);
    return versions.toSorted((a, b) => rank(b) - rank(a))[0];
  }

  function choose(one) {
    template = one;
    file = null;
    const versions = found.filter(({ name, usable }) => name === one.name && usable);
    language.replaceChildren(...versions.map(({ language: code, id }) => Object.assign(document.createElement("option"), { value: id, textContent: code, selected: id === one.id })));
    $("[data-language-field]", dialog).hidden = versions.length < 2;
    fields.replaceChildren(...questions(one).map(field));
    paintList();
    paint();
    $("input", fields)?.focus();
  }

  function field({ key, label, hint, kind }) {
    const element = copy(kind === "file" ? "template-file" : "template-field");
    const s = slots(element);
    write(s.label, label);
    s.input.name = key;
    s.input.value = kept.get(template.id)?.[key] ?? "";
    s.input.placeholder = hint ?? "";
    if (kind === "file") s.file.addEventListener("change", () => bring(s.file.files[0], s));
    return element;
  }

  /** Upload a file for the head of the template. */
  async function bring(chosen, s) {
    if (!chosen) return;
    const body = new FormData();
    body.append("channel", way.channel);
    body.append("file", chosen, chosen.name);
    const headers = { Accept: "application/json", "X-CSRFToken": $('meta[name="csrf"]').content };
    write(s.state, words.media?.uploading ?? "…");
    const answer = await fetch("/api/v1/attachments", { method: "POST", body, headers }).catch(() => null);
    const told = await answer?.json().catch(() => null);
    file = answer?.ok ? told : null;
    write(s.state, file ? file.filename : told ? detailOf(told) : words.out_of_reach);
    s.input.required = !file;
    if (file) s.input.value = "";
    paint();
  }

  const values = () => Object.fromEntries(new FormData(form));

  function paint() {
    const given = values();
    if (template) kept.set(template.id, given);
    const preview = $("[data-preview]", dialog);
    preview.hidden = !template;
    $("[data-choose]", dialog).hidden = Boolean(template) || dialog.dataset.state !== "ready";
    $("[data-send-template]", dialog).disabled = !template;
    dialog.toggleAttribute("data-chosen", Boolean(template));
    if (!template) return;
    const s = slots(preview);
    const { header } = template;
    writeOrHide(s.header, header?.kind === "text" ? filled(header.text, (name) => given[`header:${name}`]) : "");
    s.media.hidden = !header || header.kind === "text";
    if (!s.media.hidden) draw(s.media, header.kind);
    s.body.replaceChildren(...marked(template.body, (name) => given[`body:${name}`]));
    writeOrHide(s.footer, template.footer);
    s.buttons.replaceChildren(...template.buttons.map(({ title }) => write(document.createElement("li"), title)));
  }

  function send() {
    const given = values();
    const named = (prefix) => Object.fromEntries(Object.entries(given).filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]));
    const header = {};
    if (given["header:link"]) header.link = given["header:link"];
    else if (template.header?.kind === "text" && template.header.parameters.length) header.parameters = named("header:");
    else if (template.header?.kind === "location") header.location = { latitude: given["header:latitude"], longitude: given["header:longitude"] };
    onPick({
      channel: way.channel,
      text: filled(template.body, (name) => given[`body:${name}`]),
      attachments: file ? [file] : [],
      template: {
        name: template.name, language: template.language, parameters: named("body:"), buttons: named("button:"),
        ...(Object.keys(header).length && { header }),
      },
    });
    dialog.close();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (template && form.reportValidity()) send();
  });
  form.addEventListener("input", ({ target }) => (target === search ? paintList() : paint()));
  language.addEventListener("change", () => choose(found.find(({ id }) => id === language.value)));
  $("[data-sync]", dialog).addEventListener("click", sync);
  $("[data-other]", dialog).addEventListener("click", () => {
    template = null;
    fields.replaceChildren();
    paintList();
    paint();
  });
  for (const close of $$("[data-close]", dialog)) close.addEventListener("click", () => dialog.close());

  return { open };
}

/** What a template asks for: {key, label, hint, kind}. */
function questions({ header, parameters, examples, buttons }) {
  const asked = [];
  const named = (name) => fill(words.picker.blank, { name: `{{${name}}}` });
  if (header && FILES.has(header.kind)) asked.push({ key: "header:link", label: words.picker[header.kind], kind: "file" });
  if (header?.kind === "location") {
    asked.push({ key: "header:latitude", label: words.picker.latitude }, { key: "header:longitude", label: words.picker.longitude });
  }
  if (header?.kind === "text") {
    for (const name of header.parameters) asked.push({ key: `header:${name}`, label: fill(words.picker.header_blank, { name: `{{${name}}}` }) });
  }
  parameters.forEach((name, at) => asked.push({ key: `body:${name}`, label: named(name), hint: examples[at] }));
  buttons.forEach((button, at) => {
    if (button.needs_value) asked.push({ key: `button:${at}`, label: fill(words.picker.button, { title: button.title || words.picker.code }), hint: button.example });
  });
  return asked;
}

const BLANK = /\{\{\s*(\w+)\s*\}\}/g;
const filled = (text, value) => text.replace(BLANK, (blank, name) => value(name) || blank);

/** The text with what was filled in, and what is still missing, marked. */
function marked(text, value) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(BLANK)) {
    const mark = document.createElement("mark");
    mark.toggleAttribute("data-missing", !value(match[1]));
    parts.push(text.slice(end, match.index), write(mark, value(match[1]) || match[0]));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)].filter((part) => part !== "");
}
