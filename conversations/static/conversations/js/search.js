/* Search over the list: results as one types, people and messages apart, by the arrows and Enter. */

import { $, $$, copy, draw, fill, initials, plural, slots, tone, words, write } from "../../hub/js/dom.js";
import { get } from "../../hub/js/http.js";
import { ago, full } from "../../hub/js/time.js";
import { complain } from "./acts.js";
import { shownAddress } from "./side.js";

const CALM = 180; // milliseconds without a letter before the server is asked
const SHORTEST = 2;
const DAY = 86_400_000;

/** onOpen(conversation, message or null) when a result is chosen; onClose() when the list is seen again. */
export function createSearch(store, { onOpen, onClose }) {
  const pane = $("[data-search-pane]");
  const input = $("[data-search-input]", pane);
  const form = $("[data-search-form]", pane);
  const results = $("[data-search-results]", pane);
  const status = $("[data-search-status]", pane);
  let timer = 0;
  let asked = ""; // the query on its way or shown
  let next = null;
  let active = -1;

  const options = () => $$("[role=option]", results);

  function show() {
    pane.hidden = false;
    $("[data-list]").toggleAttribute("data-searching", true);
    input.focus();
    input.select();
  }

  function close() {
    if (pane.hidden) return false;
    pane.hidden = true;
    $("[data-list]").toggleAttribute("data-searching", false);
    onClose();
    return true;
  }

  function query() {
    const given = new URLSearchParams({ q: input.value });
    for (const [name, value] of new FormData(form)) {
      if (!value || name === "q") continue;
      if (name === "days") given.set("from", new Date(Date.now() - Number(value) * DAY).toISOString());
      else given.set(name, value);
    }
    return given.toString();
  }

  async function ask() {
    const wanted = input.value.trim().length >= SHORTEST ? query() : "";
    if (wanted === asked) return;
    asked = wanted;
    if (!wanted) return clear();
    pane.setAttribute("aria-busy", "true");
    try {
      const found = await get(`/api/v1/search?${wanted}`);
      if (asked === wanted) paint(found);
    } catch (refusal) {
      if (asked === wanted) {
        asked = "";
        complain(refusal);
      }
    } finally {
      pane.removeAttribute("aria-busy");
    }
  }

  function clear() {
    results.replaceChildren();
    write(status, "");
    for (const part of $$("[data-search-hint], [data-search-none]", pane)) part.hidden = part.hasAttribute("data-search-none");
    choose(-1);
  }

  function paint({ people, results: hits, next: more, count, at_least: beyond, mended }) {
    next = more;
    $("[data-search-hint]", pane).hidden = true;
    $("[data-search-none]", pane).hidden = people.length + hits.length > 0;
    results.replaceChildren(...group("people", people.map(person)), ...group("messages", hits.map(message)));
    results.scrollTop = 0;
    const counted = count === null || !hits.length ? "" : beyond ? fill(words.search.more_than, { n: new Intl.NumberFormat(document.documentElement.lang).format(count) }) : plural(words.search.found, count);
    write(status, [counted, mended.length ? words.search.mended : ""].filter(Boolean).join(" · "));
    number();
    choose(people.length + hits.length ? 0 : -1);
  }

  function group(name, items) {
    if (!items.length) return [];
    const element = copy(`search-${name}`);
    element.append(...items);
    return [element];
  }

  function number() {
    for (const [place, option] of options().entries()) option.id = `search-option-${place}`;
  }

  function person(row) {
    const element = copy("search-person");
    const s = slots(element);
    element.dataset.conversation = row.conversation ?? "";
    write(s.avatar, initials(row.name || words.unknown_person));
    s.avatar.dataset.tone = tone(row.id);
    write(s.name, row.name || words.unknown_person);
    write(s.address, row.identities.filter((one) => !one.replaced_at && one.kind !== "visitor").slice(0, 2).map(shownAddress).join(" · "));
    return element;
  }

  function message(row) {
    const element = copy("search-message");
    const s = slots(element);
    element.dataset.conversation = row.conversation;
    element.dataset.message = row.id;
    write(s.name, row.customer_name || words.unknown_person);
    s.mark.dataset.kind = row.channel_kind;
    draw(s.mark, `channel-${row.channel_kind}`);
    write(s.time, ago(row.sent_at));
    s.time.title = full(row.sent_at);
    const by = row.direction === "inbound" ? "" : row.author.id === store.me.id ? words.search.you : row.author.name;
    write(s.by, by && `${by}:`);
    s.text.replaceChildren(...row.snippet.map(({ text, hit }) => (hit ? write(document.createElement("mark"), text) : text)));
    return element;
  }

  /** Mark the option that Enter opens. */
  function choose(place) {
    const all = options();
    active = Math.min(place, all.length - 1);
    for (const [at, option] of all.entries()) option.setAttribute("aria-selected", String(at === active));
    if (all[active]) {
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-expanded", String(all.length > 0));
  }

  async function more() {
    if (!next) return;
    const [address, of] = [next, asked];
    next = null;
    const found = await get(address.replace(/^https?:\/\/[^/]+/, "")).catch(() => null);
    if (!found || asked !== of) return;
    next = found.next;
    $("[data-search-messages]", results)?.append(...found.results.map(message));
    number();
  }

  function openOption(option) {
    const { conversation, message: id } = option?.dataset ?? {};
    if (conversation) onOpen(conversation, id ?? null);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, CALM);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(Math.max(0, active + (event.key === "ArrowDown" ? 1 : -1)));
      if (active > options().length - 4) more();
    } else if (event.key === "Enter") {
      event.preventDefault();
      openOption(options()[active]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  form.addEventListener("change", ask);
  form.addEventListener("submit", (event) => event.preventDefault());
  results.addEventListener("click", ({ target }) => openOption(target.closest("[role=option]")));
  results.addEventListener("scroll", () => results.scrollHeight - results.scrollTop - results.clientHeight < 300 && more(), { passive: true });
  $("[data-search-close]", pane).addEventListener("click", close);
  for (const button of $$("[data-search-open]")) button.addEventListener("click", show);
  for (const label of store.labels) $("[name=label]", form).append(new Option(label.name, label.id));
  $("[name=label]", form).hidden = store.labels.length === 0;
  for (const person of store.agents) $("[name=agent]", form).append(new Option(person.name || person.email, person.id));

  return { show, close };
}
