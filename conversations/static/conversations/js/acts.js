/* What an agent does with conversations, one or many: shown at once, taken back where the server refuses, undone by what it says. */

import { fill, plural, words } from "../../hub/js/dom.js";
import { post } from "../../hub/js/http.js";
import { moment } from "../../hub/js/time.js";
import { toast } from "../../hub/js/toast.js";
import { detailOf } from "./sending.js";

const BULK = "/api/v1/conversations/bulk";
const UNDONE_WITHIN = 60_000; // milliseconds that Ctrl+Z remembers what was done

/** Say that something did not work, why, and how to go on. */
export function complain(refusal) {
  const reason = refusal.status === 0 ? words.out_of_reach : detailOf(refusal);
  toast(fill(words.could_not, { reason }), { bad: true });
}

/**
 * `current()` is the opened conversation or null; `find(id)` one this page knows; `take(row)` shows one as it is now;
 * `after()` follows each act. An act is the body of POST /conversations/bulk: {do, …}.
 */
export function createActs(store, { current, take, after }) {
  const { me } = store;
  let last = null; // {undo, at, close}
  const find = (id) => (current()?.id === id ? current() : store.rows.get(id));

  /** Do `act` with these conversations; `name` is whom or what the notice names. Resolves to whether all was done. */
  async function run(ids, act, name = "") {
    if (!ids.length) return false;
    const before = ids.map(find).filter(Boolean);
    for (const row of before) take({ ...row, ...foreseen(act, row, store) });
    try {
      const { results } = await post(BULK, { ids, ...act });
      settle(results, before);
      tell(results, act, name);
      return results.every(({ outcome }) => outcome !== "refused");
    } catch (refusal) {
      before.forEach(take);
      complain(refusal);
      return false;
    } finally {
      after();
    }
  }

  /** Show every conversation as the server says it is; what it knows nothing of as it was. */
  function settle(results, before = []) {
    for (const { id, conversation } of results) {
      const row = conversation ?? before.find((known) => known.id === id);
      if (row) take(row);
    }
  }

  function tell(results, act, name) {
    const refused = results.filter(({ outcome }) => outcome === "refused");
    if (refused.length) toast(refusedSentence(results, refused), { bad: true });
    const done = results.filter(({ outcome }) => outcome === "done");
    if (!done.length) return;
    const each = done.map(({ undo }) => undo).filter(Boolean);
    const undo = each.length ? { label: words.undo, act: () => takeBack(each) } : null;
    const close = toast(sentence(act, done, name), { undo });
    last = each.length ? { each, close, at: Date.now() } : last;
  }

  function sentence(act, done, name) {
    const word = act.do === "assign" && !act.assignee && !act.team ? "unassign" : act.do;
    if (done.length > 1) return plural(words.moved[word].many, done.length, { name });
    if (word === "assign" && act.assignee === me.id) return words.taken;
    const customer = done[0].conversation?.customer_name || words.unknown_person;
    return fill(words.moved[word].one, { name: word === "resolve" ? customer : name });
  }

  /** Take back what was done: what somebody else has changed meanwhile stays, and is told. */
  async function takeBack(each) {
    last = null;
    try {
      const { results } = await post(BULK, { each });
      settle(results);
      const refused = results.filter(({ outcome }) => outcome === "refused");
      if (refused.length) toast(refusedSentence(results, refused), { bad: true });
      if (refused.length < results.length) toast(each.every((one) => one.do === "reopen") ? words.reopened : words.undone);
    } catch (refusal) {
      complain(refusal);
    }
    after();
  }

  /** Who has them as this page knows it, where they agree: whoever was faster keeps a conversation. */
  function expected(ids) {
    const held = new Set(ids.map((id) => find(id)?.assignee?.id ?? null));
    return held.size === 1 ? { expected_assignee: [...held][0] } : {};
  }

  const one = (act, name) => current() && run([current().id], act, name);

  return {
    run, takeBack, expected,
    /** Resolve the opened one, or reopen what is resolved. */
    resolve() {
      const row = current();
      return row && one({ do: row.status === "resolved" ? "reopen" : "resolve" });
    },
    reopen: () => current()?.status === "resolved" && one({ do: "reopen" }),
    /** Give the opened one to a person, or with null back to the queue; whoever was faster keeps it. */
    assign(person) {
      const row = current();
      if (!row || row.assignee?.id === person?.id) return;
      one({ do: "assign", assignee: person?.id ?? null, expected_assignee: row.assignee?.id ?? null }, person?.name || person?.email);
    },
    /** Take back the last thing done, while its notice could still be remembered. */
    undo() {
      if (!last || Date.now() - last.at > UNDONE_WITHIN) return false;
      last.close();
      takeBack(last.each);
      return true;
    },
  };
}

function refusedSentence(results, refused) {
  const { detail } = refused[0];
  if (results.length === 1) return fill(words.could_not, { reason: detail });
  return plural(words.not_moved, refused.length, { reason: detail });
}

/** What a conversation will look like when the act is done. */
function foreseen(act, row, { agents, teams, labels }) {
  switch (act.do) {
    case "assign":
      return {
        ...("assignee" in act && { assignee: agents.find(({ id }) => id === act.assignee) ?? null }),
        ...(act.team && { team: teams.find(({ id }) => id === act.team) ?? row.team }),
      };
    case "label": {
      const kept = row.labels.filter(({ id }) => !act.remove?.includes(id));
      const added = labels.filter(({ id }) => act.add?.includes(id) && !kept.some((label) => label.id === id));
      return { labels: [...kept, ...added] };
    }
    case "priority":
      return { priority: words.priority_words.indexOf(act.priority) };
    case "snooze":
      return row.status === "resolved" ? {} : { status: "snoozed", snoozed_until: act.until };
    case "resolve":
      return { status: "resolved", waiting_since: null, resolved_at: new Date().toISOString() };
    case "pending":
      return row.status === "resolved" ? {} : { status: "pending", snoozed_until: null };
    case "reopen":
      return { status: "open", snoozed_until: null };
    case "read":
      return { unread: 0 };
    case "unread":
      return { unread: row.unread || 1 };
  }
  return {};
}

/** The name a time is told by: "amanhã, 09:00" is said as a date. */
export const named = (at) => moment(at.toISOString());
