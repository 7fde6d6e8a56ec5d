/* Custom fields edited in place, and what the side panel tells besides: what happened outside, sections that fold. */

import { $, $$, copy, fill, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { patch, post } from "../../hub/js/http.js";
import { day, moment } from "../../hub/js/time.js";
import { detailOf } from "./sending.js";

/** The fields of a person or a conversation in `holder`: each a button that turns into its input. `path` takes the PATCH. */
export function paintFields(holder, fields, attributes, path, onSaved) {
  if (holder.contains(document.activeElement) && document.activeElement.matches("input, select")) return;
  holder.replaceChildren(...fields.map((field) => line(field, attributes?.[field.key] ?? null, path, onSaved)));
  holder.hidden = fields.length === 0;
}

function line(field, value, path, onSaved) {
  const element = copy("field-line");
  const s = slots(element);
  write(s.title, field.title);
  const show = () => {
    write(s.value, shown(field, value));
    s.edit.setAttribute("aria-label", fill(words.edit_field, { field: field.title, value: shown(field, value) }));
    s.edit.hidden = false;
    s.place.replaceChildren();
    writeOrHide(s.wrong, "");
  };

  async function save(input) {
    const next = read(field, input);
    if (next === value || (next === null && value === null)) return show();
    input.disabled = true;
    try {
      const saved = await patch(path(), { attributes: { [field.key]: next } });
      value = next;
      onSaved(saved, { [field.key]: next });
      show();
      s.edit.focus();
    } catch (refusal) {
      input.disabled = false;
      input.setAttribute("aria-invalid", "true");
      const { [field.key]: sentence } = refusal.errors?.attributes ?? {};
      writeOrHide(s.wrong, sentence || detailOf(refusal) || words.out_of_reach);
      input.focus();
    }
  }

  s.edit.addEventListener("click", () => {
    const input = inputOf(field, value);
    input.setAttribute("aria-label", field.title);
    s.place.replaceChildren(input);
    s.edit.hidden = true;
    input.focus();
    let done = false;
    const end = (keep) => {
      if (done) return;
      done = keep === null;
      if (keep) save(input);
      else if (keep === null) {
        show();
        s.edit.focus();
      }
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") end(true);
      if (event.key === "Escape") end(null);
      if (["Enter", "Escape"].includes(event.key)) event.stopPropagation();
    });
    input.addEventListener("change", () => input.matches("select") && end(true));
    input.addEventListener("blur", () => !input.disabled && !input.matches("[aria-invalid]") && end(true));
  });
  show();
  return element;
}

function shown(field, value) {
  if (value === null || value === undefined || value === "") return "—";
  if (field.kind === "yes_no") return value ? words.yes : words.no;
  if (field.kind === "number") return new Intl.NumberFormat(document.documentElement.lang).format(value);
  return field.kind === "date" ? day(`${value}T12:00:00`) : String(value);
}

function inputOf(field, value) {
  const choices = field.kind === "choice" ? field.choices.map((one) => [one, one]) : field.kind === "yes_no" ? [["true", words.yes], ["false", words.no]] : null;
  if (choices) {
    const select = document.createElement("select");
    select.className = "input";
    for (const [key, title] of [["", "—"], ...choices]) select.append(new Option(title, key, false, String(value ?? "") === key));
    return select;
  }
  const input = document.createElement("input");
  Object.assign(input, { className: "input", type: { number: "number", date: "date" }[field.kind] ?? "text", value: value ?? "", maxLength: 500 });
  if (field.kind === "number") input.step = "any";
  return input;
}

function read(field, { value }) {
  const text = value.trim();
  if (!text) return null;
  if (field.kind === "number") return Number(text);
  return field.kind === "yes_no" ? text === "true" : text;
}

/** What happened with the person outside of conversations, as small cards. */
export function paintOccurrences(holder, occurrences) {
  holder.replaceChildren(...occurrences.map(({ type, at, name, data }) => {
    const card = copy("occurrence");
    const s = slots(card);
    const score = data.score === undefined ? "" : String(data.score);
    write(s.what, [words.occurrences[type] ?? type.replaceAll(/[._]/g, " "), /^\d/.test(name) ? `#${name}` : name, score].filter(Boolean).join(" "));
    write(s.when, moment(at));
    writeOrHide(s.amount, money(data));
    return card;
  }));
}

function money({ amount, total, value, currency }) {
  const sum = Number(amount ?? total ?? value);
  if (!Number.isFinite(sum) || !/^[A-Z]{3}$/.test(currency ?? "")) return "";
  return new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency }).format(sum);
}

/** Sections of the side panel fold, and stay as they were left on every machine. */
export function rememberSections(settings) {
  const parts = $$("details[data-section]", $("[data-side-pane]"));
  for (const part of parts) {
    part.open = !(settings.folded ?? []).includes(part.dataset.section);
    part.addEventListener("toggle", () => {
      const folded = parts.filter(({ open }) => !open).map(({ dataset }) => dataset.section);
      if (JSON.stringify(folded) === JSON.stringify(settings.folded ?? [])) return;
      settings.folded = folded;
      post("/api/v1/me/settings", { folded }).catch(() => {});
    });
  }
}
