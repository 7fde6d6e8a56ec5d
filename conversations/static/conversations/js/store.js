/* What this page knows of the conversations: the rows of the view in its order, the counts. No drawing here. */

const RISK = 15 * 60_000; // milliseconds: what is due within this is at risk
const OWN = ["mine", "unassigned", "mentions", "snoozed", "risk", "all", "resolved"];

/** How rows are ordered: the values compared, the first downwards or upwards; they are also the mark of a page. */
const ORDERS = {
  activity: { values: (row) => [row.last_message_at], sign: -1 },
  waiting: { values: (row) => [row.waiting_since], sign: 1 },
  priority: { values: (row) => [row.priority, row.opened_at], sign: -1 },
  due: { values: (row) => [row.due?.at ?? null], sign: 1 },
};

/**
 * Events: "rows" (all anew), "row" {id, fresh}, "gone" {id}, "counts", "unsure" {id}: the server must say whether it belongs here.
 * A row is the API's conversation; `filters` are words of GET /conversations.
 */
export class Store extends EventTarget {
  constructor(state) {
    super();
    for (const name of ["me", "agents", "workspace", "labels", "teams", "channels", "kept"]) this[name] = state[name];
    this.filters = {};
    this.replace(state);
  }

  /** Take the server's word for everything. */
  replace({ view, counts, list, kept, labels }) {
    this.view = view;
    this.counts = counts;
    this.sort = list.sort;
    this.kept = kept ?? this.kept;
    this.labels = labels ?? this.labels;
    this.rows = new Map(list.results.map((row) => [row.id, row]));
    this.next = list.next;
    this.tell("rows");
    this.tell("counts");
  }

  /** The query of this list: view, order, filters, and what is asked besides. */
  query(more = {}) {
    return new URLSearchParams({ view: this.view, ...this.filters, ...(this.chosenSort && { sort: this.chosenSort }), ...more }).toString();
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

  /** A conversation changed, here or elsewhere. `sure`: the server has said that it belongs to the list. */
  put(row, sure = false) {
    if (row.deleted) return this.drop(row.id);
    const known = this.rows.get(row.id);
    const belongs = sure || this.matches(row);
    if (belongs === null && !known) return void this.tell("unsure", { id: row.id });
    if (belongs === false || (!known && this.beyond(row))) return this.drop(row.id);
    this.rows.set(row.id, row);
    this.tell("row", { id: row.id, fresh: !known });
    if (belongs === null) this.tell("unsure", { id: row.id });
  }

  drop(id) {
    if (this.rows.delete(id)) this.tell("gone", { id });
  }

  /** Change some fields of a row this page holds. */
  patch(id, fields) {
    const row = this.rows.get(id);
    if (row) this.put({ ...row, ...fields });
  }

  /** Whether the list shows this conversation; null where only the server knows: kept views and filters. */
  matches(row) {
    if (row.folded_into) return false; // it counts as part of another one
    if (!OWN.includes(this.view)) return null;
    if (!inView(this.view, row, this.me)) return false;
    return Object.keys(this.filters).length ? null : true;
  }

  /** Whether the row belongs to a page that was not loaded yet. */
  beyond(row) {
    if (!this.next) return false;
    const last = this.order().at(-1);
    return last !== undefined && this.before(this.rows.get(last), row);
  }

  /** Whether a is shown above b. */
  before(a, b) {
    const { values, sign } = ORDERS[this.sort];
    const [one, other] = [values(a), values(b)];
    for (const place of one.keys()) {
      const difference = compared(one[place], other[place]);
      if (difference) return difference * sign < 0;
    }
    return a.id > b.id === sign < 0;
  }

  /** Ids in the order they are shown. */
  order() {
    return [...this.rows.values()].sort((a, b) => (this.before(a, b) ? -1 : 1)).map((row) => row.id);
  }

  /** Let go of the last rows above `most`; they come back by scrolling. */
  trim(most) {
    const order = this.order();
    if (order.length <= most) return;
    for (const id of order.slice(most)) this.drop(id);
    const last = this.rows.get(order[most - 1]);
    this.next = [...ORDERS[this.sort].values(last).map((value) => value ?? ""), last.id].join("~");
  }

  /** A label was made on this page. */
  addLabel(label) {
    this.labels = [...this.labels, label].sort((a, b) => a.name.localeCompare(b.name));
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Times are ISO in UTC with one offset, but not always with fractions: compare as times. What is not there comes last upwards. */
function compared(a, b) {
  const [one, other] = [a, b].map((value) => (value === null || value === undefined ? Infinity : typeof value === "number" ? value : Date.parse(value)));
  return one === other ? 0 : one < other ? -1 : 1;
}

/** Whether one of the inbox's own views holds a conversation. */
function inView(view, { status, assignee, mentions, due }, me) {
  const named = mentions.find(({ agent }) => agent === me.id);
  if (view === "mentions") return Boolean(named && (status !== "resolved" || !named.seen));
  if (view === "resolved") return status === "resolved";
  if (status === "resolved") return false;
  if (view === "snoozed") return status === "snoozed";
  if (view === "risk") return Boolean(due && (due.state !== "calm" || Date.parse(due.at) - Date.now() <= RISK));
  if (view === "all") return true;
  return status !== "snoozed" && (view === "mine" ? assignee?.id === me.id : !assignee);
}
