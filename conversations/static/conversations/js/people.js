/* Who a person is: their addresses by where they come from, who was joined with them and why, and who may be the same. */

import { $, copy, fill, initials, slots, tone, words, write, writeOrHide } from "../../hub/js/dom.js";
import { get, post } from "../../hub/js/http.js";
import { moment } from "../../hub/js/time.js";
import { toast } from "../../hub/js/toast.js";
import { complain } from "./acts.js";
import { createErasing, leadToWhatIsKept } from "./erasing.js";
import { shownAddress } from "./side.js";

const CALM = 250; // milliseconds between a letter typed and the search
const MOST = 20;

let seen = ""; // what is painted: painting it again would take the focus away

/** Paint the addresses, the merges and the suggestions of the opened person; `merges` and `suggestions` as the API shows them. */
export function paintPeople({ customer, merges = [], suggestions = [] }) {
  const state = JSON.stringify([customer, merges, suggestions]);
  if (state === seen) return;
  seen = state;
  const side = $("[data-side-pane]");
  leadToWhatIsKept(customer);
  const contacts = customer.identities.filter(({ replaced_at }) => !replaced_at);
  const of = (id) => contacts.filter((identity) => identity.customer === id);
  $("[data-contacts]", side).replaceChildren(...of(customer.id).map(address));
  $("[data-no-contacts]", side).hidden = contacts.length > 0;
  $("[data-joined]", side).replaceChildren(...merges.map((row) => joined(row, of(row.absorbed))));
  $("[data-suggestions-section]", side).hidden = suggestions.length === 0;
  $("[data-suggestions]", side).replaceChildren(...suggestions.map(suggested));
}

function address(identity) {
  const line = copy("fact");
  write($("dt", line), words.contacts[identity.kind] ?? identity.kind);
  write($("dd", line), shownAddress(identity));
  return line;
}

function joined(row, contacts) {
  const element = copy("joined");
  const s = slots(element);
  write(s.name, row.absorbed_name || words.unknown_person);
  const who = row.by?.name || row.by?.email || words.events.somebody;
  write(s.why, fill(words.joined[row.reason], { actor: who, date: moment(row.created_at) }));
  writeOrHide(s.note, row.evidence.note);
  s.contacts.replaceChildren(...contacts.map(address));
  s.undo.dataset.undoMerge = row.id;
  s.undo.setAttribute("aria-label", fill(words.take_apart, { name: row.absorbed_name || words.unknown_person }));
  return element;
}

function suggested({ id, other, evidence }) {
  const element = copy("suggested");
  const s = slots(element);
  face(s, other);
  const matched = evidence.matched ? shownAddress({ kind: evidence.address_kinds.at(-1), value: evidence.matched }) : "";
  writeOrHide(s.matched, matched && fill(words.same_address, { kind: words.contacts[evidence.address_kinds.at(-1)] ?? "", address: matched }));
  s.alike.hidden = !evidence.names_similar;
  s.merge.dataset.merge = other.id;
  s.merge.dataset.name = other.name;
  s.dismiss.dataset.dismiss = id;
  return element;
}

function face(s, person) {
  const name = person.name || words.unknown_person;
  write(s.avatar, initials(name));
  s.avatar.dataset.tone = tone(person.id);
  write(s.name, name);
  write(s.addresses, person.identities.filter(({ replaced_at }) => !replaced_at).map(shownAddress).join(" · "));
}

/** `current()` is what is opened or null; `after()` reads it anew. */
export function createPeople({ current, after }) {
  createErasing({ current });
  const sheet = $("#merge");
  const search = $("[data-search]", sheet);
  const results = $("[data-results]", sheet);
  let timer = 0;
  let asked = 0;

  async function find() {
    const mine = ++asked;
    const text = search.value.trim();
    const page = text ? await get(`/api/v1/customers?limit=${MOST}&search=${encodeURIComponent(text)}`).catch(() => null) : { results: [] };
    if (mine !== asked || !page) return;
    const others = page.results.filter(({ id }) => id !== current()?.customer.id);
    results.replaceChildren(...others.map(found));
    $("[data-nobody]", sheet).hidden = !text || others.length > 0;
  }

  function found(person) {
    const element = copy("found");
    const s = slots(element);
    face(s, person);
    s.merge.dataset.merge = person.id;
    s.merge.dataset.name = person.name;
    s.merge.setAttribute("aria-label", fill(words.merge_with, { name: person.name || words.unknown_person }));
    return element;
  }

  async function act(path, body, done) {
    try {
      const row = await post(path, body, crypto.randomUUID());
      await after();
      done(row);
    } catch (refusal) {
      complain(refusal);
    }
  }

  function merge(button) {
    const reason = $("[data-reason]", sheet).value.trim();
    const opened = current();
    const names = { name: opened.customer.name || words.unknown_person, other: button.dataset.name || words.unknown_person };
    const body = { with: button.dataset.merge, ...(sheet.open && reason && { reason }) };
    sheet.close();
    return act(`/api/v1/customers/${opened.customer.id}/merge`, body, (row) =>
      toast(fill(words.merged, names), { undo: { label: words.undo, act: () => part(row.id) } }),
    );
  }

  const part = (id) => act(`/api/v1/merges/${id}/undo`, {}, () => toast(words.taken_apart));
  const dismiss = (id) => act(`/api/v1/suggestions/${id}/dismiss`, {}, () => toast(words.not_the_same));

  function press({ target }) {
    const on = (name) => target.closest(`[${name}]`);
    if (on("data-open-merge")) {
      search.value = $("[data-reason]", sheet).value = "";
      find();
      sheet.showModal();
    } else if (on("data-merge")) merge(on("data-merge"));
    else if (on("data-undo-merge")) part(on("data-undo-merge").dataset.undoMerge);
    else if (on("data-dismiss")) dismiss(on("data-dismiss").dataset.dismiss);
  }

  $("[data-side-pane]").addEventListener("click", press);
  results.addEventListener("click", press);
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, CALM);
  });
}
