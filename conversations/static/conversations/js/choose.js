/* The small menu one chooses from: a label, a priority, until when, who; for one conversation or many. */

import { $, $$, copy, fill, initials, slots, tone, words, write } from "../../hub/js/dom.js";
import { post } from "../../hub/js/http.js";
import { complain, named } from "./acts.js";

/** Times to come back at, in the agent's own zone; what is past today is left out. */
export function presets(now = new Date()) {
  const at = (days, hour) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const later = now.getHours() < 15 ? new Date(now.getTime() + 3 * 3_600_000) : at(0, 18);
  later.setMinutes(Math.ceil(later.getMinutes() / 15) * 15, 0, 0);
  const found = { later, tomorrow: at(1, 9), monday: at(((8 - now.getDay()) % 7) || 7, 9), week: at(7, 9) };
  if (found.monday.getTime() === found.tomorrow.getTime()) delete found.monday;
  if (later - now < 1_800_000 || later.getDate() !== now.getDate()) delete found.later;
  return found;
}

/** run(ids, act, name) does it; `find(id)` a conversation this page knows, expected(ids) who has them by it. */
export function createChoosers(store, { run, find, expected }) {
  const menu = $("#choose");
  const list = $("[data-choose-list]", menu);
  const own = $("[data-choose-time]", menu);
  const search = $("[data-choose-search]", menu);
  let ids = [];
  let kind = "";
  let back = null; // where the focus was

  const act = (body, name) => {
    menu.hidePopover();
    run(ids, body, name);
  };

  const offers = {
    label: () => store.labels.map((label) => {
      const on = ids.every((id) => find(id)?.labels.some((one) => one.id === label.id));
      return { title: label.name, color: label.color, on, press: () => act({ do: "label", [on ? "remove" : "add"]: [label.id] }) };
    }),
    priority: () => [...words.priority_words.keys()].reverse().map((level) => ({
      title: words.priority_names[level],
      drawing: level ? `priority-${level}` : "",
      on: ids.every((id) => find(id)?.priority === level),
      press: () => act(prioritized(level), words.priority_names[level]),
    })),
    snooze: () => Object.entries(presets()).map(([name, at]) => ({
      title: words.snoozes[name],
      aside: named(at),
      press: () => act({ do: "snooze", until: at.toISOString() }, named(at)),
    })),
    assign: () => [
      { title: words.nobody_has_it, drawing: "queue", press: () => act({ do: "assign", assignee: null, ...expected(ids) }) },
      ...store.agents.map((person) => {
        const name = person.name || person.email;
        return { title: name, face: person.id, press: () => act({ do: "assign", assignee: person.id, ...expected(ids) }, name) };
      }),
      ...store.teams.map((team) => ({ title: team.name, drawing: "team", press: () => act({ do: "assign", team: team.id }, team.name) })),
    ],
  };

  /** Of a single conversation the priority that was seen goes along: whoever was faster is not overwritten. */
  function prioritized(level) {
    const expected = ids.length === 1 && find(ids[0]) ? { expected: words.priority_words[find(ids[0]).priority] } : {};
    return { do: "priority", priority: words.priority_words[level], ...expected };
  }

  function paint() {
    const wanted = plain(search.value.trim());
    const found = offers[kind]().filter(({ title }) => plain(title).includes(wanted));
    const name = search.value.trim();
    const makes = kind === "label" && menu.hasAttribute("data-makes-labels");
    if (makes && name && !found.some(({ title }) => plain(title) === wanted)) {
      found.push({ title: fill(words.choose.make_label, { name }), drawing: "plus", press: () => makeLabel(name) });
    }
    list.replaceChildren(...found.map(item));
    const none = kind === "label" && !store.labels.length ? "labels" : "found";
    for (const line of $$("[data-choose-none]", menu)) line.hidden = found.length > 0 || line.dataset.chooseNone !== none;
  }

  /** A label nobody has made yet: made, known to this page from now on, and put on. */
  async function makeLabel(name) {
    const of = ids; // another menu may be opened meanwhile
    menu.hidePopover();
    try {
      const label = await post("/api/v1/labels", { name });
      store.addLabel(label);
      run(of, { do: "label", add: [label.id] }, name);
    } catch (refusal) {
      complain(refusal);
    }
  }

  function item({ title, color, on, drawing, face, aside, press }) {
    const element = copy("choice");
    const s = slots(element);
    write(s.title, title);
    s.color.hidden = !color;
    s.color.dataset.color = color ?? "";
    s.face.hidden = !face;
    if (face) {
      s.face.dataset.tone = tone(face);
      write(s.face, initials(title));
    }
    s.drawing.hidden = !drawing;
    if (drawing) s.drawing.append(document.getElementById("drawings").content.querySelector(`[data-drawing="${drawing}"]`).firstElementChild.cloneNode(true));
    s.aside.hidden = !aside;
    write(s.aside, aside ?? "");
    s.on.hidden = !on;
    $("button", element).setAttribute("aria-pressed", String(Boolean(on)));
    $("button", element).addEventListener("click", press);
    return element;
  }

  /** Let the reader choose, beside `anchor` (an element, or a place {x, y}); without one in the middle. */
  function open(what, which, anchor = null) {
    if (!which.length) return;
    [kind, ids, back] = [what, which, document.activeElement];
    search.value = "";
    write($("[data-choose-title]", menu), words.choose[what]);
    search.hidden = !["label", "assign"].includes(what);
    own.hidden = what !== "snooze";
    $("[data-choose-wrong]", menu).hidden = true;
    paint();
    menu.showPopover();
    place(menu, anchor);
    (search.hidden ? $("button", list) : search)?.focus();
  }

  search.addEventListener("input", paint);
  menu.addEventListener("keydown", (event) => {
    if (!["ArrowDown", "ArrowUp"].includes(event.key)) {
      if (event.key === "Enter" && event.target === search) $("button", list)?.click();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    (buttons[at] ?? (search.hidden ? buttons.at(at < 0 ? -1 : 0) : search)).focus();
  });
  own.addEventListener("submit", (event) => {
    event.preventDefault();
    const at = new Date($("input", own).value);
    const past = Number.isNaN(at.getTime()) || at <= new Date();
    $("[data-choose-wrong]", menu).hidden = !past;
    if (!past) act({ do: "snooze", until: at.toISOString() }, named(at));
  });
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState === "closed" && back?.isConnected && menu.contains(document.activeElement)) back.focus({ preventScroll: true });
  });

  return { open, complain };
}

/** Put a popover beside an element or place, inside the window. */
export function place(menu, anchor) {
  const { width, height } = menu.getBoundingClientRect();
  const at = anchor?.getBoundingClientRect ? { x: anchor.getBoundingClientRect().left, y: anchor.getBoundingClientRect().bottom + 4 } : anchor;
  const { x, y } = at ?? { x: (innerWidth - width) / 2, y: innerHeight * 0.15 };
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
