/* What an agent does with the opened conversation: shown at once, taken back when the server refuses. */

import { fill, words } from "../../hub/js/dom.js";
import { post } from "../../hub/js/http.js";
import { toast } from "../../hub/js/toast.js";
import { detailOf } from "./sending.js";

/** Say that something did not work, why, and how to go on. */
export function complain(refusal) {
  const reason = refusal.status === 0 ? words.out_of_reach : detailOf(refusal);
  toast(fill(words.could_not, { reason }), { bad: true });
}

/** `current()` is the opened conversation or null; `take(row)` shows a conversation as it is now; `after()` follows each act. */
export function createActs(me, { current, take, after }) {
  async function move(path, body, fields, done) {
    const row = current();
    take({ ...row, ...fields });
    try {
      take(await post(`/api/v1/conversations/${row.id}/${path}`, body));
      toast(fill(done.sentence, { name: done.name }), { undo: done.undo });
    } catch (refusal) {
      take(row);
      complain(refusal);
    }
    after();
  }

  /** Reopen a conversation, shown or not. */
  async function back(id) {
    if (current()?.id === id) return reopen();
    await post(`/api/v1/conversations/${id}/reopen`).then(take, complain);
    after();
  }

  function reopen() {
    if (current()?.status === "resolved") move("reopen", {}, { status: "open" }, { sentence: words.reopened });
  }

  return {
    /** Resolve, or reopen what is resolved. */
    resolve() {
      const row = current();
      if (!row || row.status === "resolved") return reopen();
      const fields = { status: "resolved", waiting_since: null, resolved_at: new Date().toISOString() };
      const undo = { label: words.undo, act: () => back(row.id) };
      return move("resolve", {}, fields, { sentence: words.resolved, name: row.customer_name || words.unknown_person, undo });
    },
    reopen,
    /** Give it to a person, or with null back to the queue. */
    assign(person) {
      const row = current();
      if (!row || row.assignee?.id === person?.id) return;
      const sentence = !person ? words.unassigned : person.id === me.id ? words.taken : words.assigned;
      const expected = row.assignee?.id ?? null;
      move("assign", { assignee: person?.id ?? null, expected_assignee: expected }, { assignee: person }, {
        sentence, name: person?.name || person?.email,
      });
    },
  };
}
