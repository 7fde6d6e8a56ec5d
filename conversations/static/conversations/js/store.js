/* What this page knows of the conversations: the rows of the view, the counts, which one is open. No drawing here. */

/**
 * Events: "rows" (all anew), "row" {id, fresh}, "gone" {id}, "counts", "view".
 * A row is the API's conversation; rows are ordered by last activity, newest first.
 */
export class Store extends EventTarget {
  constructor(state) {
    super();
    this.me = state.me;
    this.agents = state.agents;
    this.workspace = state.workspace;
    this.replace(state);
  }

  /** Take the server's word for everything. */
  replace({ view, counts, list }) {
    this.view = view;
    this.counts = counts;
    this.rows = new Map(list.results.map((row) => [row.id, row]));
    this.next = list.next;
    this.tell("rows");
    this.tell("counts");
  }

  /** Add a further page. */
  append({ results, next, counts }) {
    this.next = next;
    this.setCounts(counts);
    for (const row of results) {
      if (this.rows.has(row.id)) continue;
      this.rows.set(row.id, row);
      this.tell("row", { id: row.id, fresh: false });
    }
  }

  setCounts(counts) {
    this.counts = counts;
    this.tell("counts");
  }

  /** A conversation changed, here or elsewhere. */
  put(row) {
    const known = this.rows.get(row.id);
    if (!this.matches(row) || (!known && this.beyond(row))) {
      if (known) {
        this.rows.delete(row.id);
        this.tell("gone", { id: row.id });
      }
      return;
    }
    this.rows.set(row.id, row);
    this.tell("row", { id: row.id, fresh: !known });
  }

  /** Change some fields of a row this page holds. */
  patch(id, fields) {
    const row = this.rows.get(id);
    if (row) this.put({ ...row, ...fields });
  }

  /** Whether the view shows this conversation. */
  matches({ status, assignee, folded_into }) {
    if (folded_into) return false; // it counts as part of another one
    if (this.view === "resolved") return status === "resolved";
    if (status === "resolved") return false;
    if (this.view === "mine") return assignee?.id === this.me.id;
    return this.view === "unassigned" ? !assignee : true;
  }

  /** Whether the row belongs to a page that was not loaded yet. */
  beyond(row) {
    if (!this.next) return false;
    const last = this.order().at(-1);
    return last !== undefined && before(this.rows.get(last), row);
  }

  /** Ids in the order they are shown. */
  order() {
    return [...this.rows.values()].sort((a, b) => (before(a, b) ? -1 : 1)).map((row) => row.id);
  }

  /** Let go of the oldest rows above `most`; they come back by scrolling. */
  trim(most) {
    const order = this.order();
    if (order.length <= most) return;
    for (const id of order.slice(most)) {
      this.rows.delete(id);
      this.tell("gone", { id });
    }
    const last = this.rows.get(order[most - 1]);
    this.next = `${last.last_message_at}~${last.id}`;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

const key = (row) => row.last_message_at ?? row.opened_at;

/** Whether a is shown above b. Times are ISO in UTC with one offset, but not always with fractions: compare as times. */
function before(a, b) {
  const difference = Date.parse(key(b)) - Date.parse(key(a));
  return difference === 0 ? a.id > b.id : difference < 0;
}
