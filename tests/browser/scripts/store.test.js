/* What the store of the inbox does with what it is told. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "../../../conversations/static/conversations/js/store.js";

const ME = { id: "me" };
const row = (id, minute, fields = {}) => ({
  id, status: "open", assignee: ME, mentions: [], due: null, last_message_at: `2026-03-01T12:${String(minute).padStart(2, "0")}:00+00:00`, ...fields,
});
const store = (rows, fields = {}) =>
  new Store({ me: ME, agents: [], view: "mine", counts: {}, list: { results: rows, next: null, sort: "activity" }, ...fields });
const heard = (kept) => {
  const events = [];
  for (const name of ["row", "gone"]) kept.addEventListener(name, ({ detail }) => events.push([name, detail.id]));
  return events;
};

test("it works", () => {
  const kept = store([row("a", 1), row("b", 2)]);
  assert.deepEqual(kept.order(), ["b", "a"]);
});

test("it moves who wrote to the top", () => {
  const kept = store([row("a", 1), row("b", 2)]);
  const events = heard(kept);
  kept.put(row("a", 3));
  assert.deepEqual(kept.order(), ["a", "b"]);
  assert.deepEqual(events, [["row", "a"]]);
});

test("it lets go of what the view no longer shows", () => {
  const kept = store([row("a", 1), row("b", 2)]);
  const events = heard(kept);
  kept.put(row("a", 3, { status: "resolved" }));
  kept.put(row("b", 3, { assignee: { id: "other" } }));
  kept.put(row("c", 4, { assignee: null }));
  assert.deepEqual(kept.order(), []);
  assert.deepEqual(events, [["gone", "a"], ["gone", "b"]]);
});

test("it orders equal times by id, newest first, whatever way the time is written", () => {
  const kept = store([row("a", 1), row("b", 1, { last_message_at: "2026-03-01T12:01:00.000000+00:00" })]);
  assert.deepEqual(kept.order(), ["b", "a"]);
});

test("it leaves rows of pages that were not loaded alone", () => {
  const kept = store([row("b", 5)], { list: { results: [row("b", 5)], next: "mark", sort: "activity" } });
  kept.put(row("a", 1));
  assert.deepEqual(kept.order(), ["b"]);
  kept.put(row("c", 9));
  assert.deepEqual(kept.order(), ["c", "b"]);
});

test("it trims the oldest and knows where to go on", () => {
  const kept = store([row("a", 1), row("b", 2), row("c", 3)]);
  kept.trim(2);
  assert.deepEqual(kept.order(), ["c", "b"]);
  assert.equal(kept.next, `${row("b", 2).last_message_at}~b`);
});

test("it shows each view its own", () => {
  const kept = store([]);
  const shown = (view, fields) => {
    kept.view = view;
    return kept.matches(row("a", 1, fields));
  };
  assert.equal(shown("unassigned", { assignee: null }), true);
  assert.equal(shown("unassigned", {}), false);
  assert.equal(shown("all", { assignee: { id: "other" } }), true);
  assert.equal(shown("all", { status: "resolved" }), false);
  assert.equal(shown("resolved", { status: "resolved" }), true);
});
