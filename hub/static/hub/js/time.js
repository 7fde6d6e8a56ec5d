/* Times and durations as a reader of this page's language says them. */

import { words } from "./dom.js";

const language = document.documentElement.lang || "pt-BR";
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const clockFormat = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const weekdayFormat = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short" });
const yearFormat = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
const momentFormat = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const yearMomentFormat = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const fullFormat = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
const daysBetween = (from, to) => Math.round((midnight(to) - midnight(from)) / 1000 / DAY);

/** "17:43" */
export const clock = (iso) => clockFormat.format(new Date(iso));

/** "sexta-feira, 21 de novembro de 2026 às 17:43" */
export const full = (iso) => fullFormat.format(new Date(iso));

/** "20 de nov., 21:38", with the year when it is another one. */
export function moment(iso, now = new Date()) {
  const date = new Date(iso);
  return (date.getFullYear() === now.getFullYear() ? momentFormat : yearMomentFormat).format(date);
}

/** The day as a key: equal for two times of one local day. */
export const dayKey = (iso) => midnight(new Date(iso)).getTime();

/** "hoje", "ontem", "seg., 17 nov.", with the year when it is another one. */
export function day(iso, now = new Date()) {
  const date = new Date(iso);
  const age = daysBetween(date, now);
  if (age === 0 || age === 1) return relative.format(-age, "day");
  return (date.getFullYear() === now.getFullYear() ? weekdayFormat : yearFormat).format(date);
}

/** How a list tells a time: "agora", "12 min", "14:32", "ontem", "17 nov.". */
export function ago(iso, now = new Date()) {
  const date = new Date(iso);
  const seconds = (now - date) / 1000;
  if (seconds < MINUTE) return words.now;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  const age = daysBetween(date, now);
  if (age === 0) return clockFormat.format(date);
  if (age === 1) return relative.format(-1, "day");
  return (date.getFullYear() === now.getFullYear() ? dayFormat : yearFormat).format(date);
}

/** Seconds as people say them, two units at most: "42 s", "1 min 42 s", "23 h 12 min", "3 d 4 h". */
export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return `${s} s`;
  if (s < HOUR) return s % MINUTE && s < 10 * MINUTE ? `${Math.floor(s / MINUTE)} min ${s % MINUTE} s` : `${Math.floor(s / MINUTE)} min`;
  if (s < DAY) return both(Math.floor(s / HOUR), "h", Math.floor((s % HOUR) / MINUTE), "min");
  return both(Math.floor(s / DAY), "d", Math.floor((s % DAY) / HOUR), "h");
}

const both = (number, unit, rest, smaller) => (rest ? `${number} ${unit} ${rest} ${smaller}` : `${number} ${unit}`);

/** Seconds from one time to another, to now without a second one. */
export const secondsBetween = (from, to = new Date()) => (new Date(to) - new Date(from)) / 1000;
