/* The blanks of canned replies: "{{customer.first_name|there}}" filled in, and those nobody can fill. */

const BLANK = /\{\{\s*([^{}|]*?)\s*(?:\|([^{}]*))?\}\}/g;

/** What blanks stand for in a conversation: `data` is what is opened, `me` who writes, `way` where it goes. */
export function valuesOf(data, me, way, workspace = "") {
  const { conversation = {}, customer = {} } = data ?? {};
  const name = customer.name || conversation.customer_name || "";
  const first = (whole) => (whole ?? "").trim().split(/\s+/)[0] ?? "";
  const own = (of, attributes) => Object.entries(attributes ?? {}).map(([key, value]) => [`${of}.${key}`, typeof value === "object" ? "" : value]);
  return new Map([
    ...own("customer", customer.attributes), ...own("conversation", conversation.attributes),
    ["customer.name", name], ["customer.first_name", first(name)], ["agent.name", me.name || me.email], ["agent.first_name", first(me.name || me.email)],
    ["conversation.id", conversation.id ?? ""], ["team.name", conversation.team?.name ?? ""], ["channel.name", way?.name ?? ""], ["workspace.name", workspace],
  ]);
}

/** The text with every blank filled that has a value or says what to say without one; the others stay to be seen. */
export function filled(text, values) {
  return text.replace(BLANK, (blank, name, otherwise) => {
    const value = values.get(name.toLowerCase());
    if (value !== undefined && value !== null && String(value).trim()) return String(value);
    return otherwise === undefined ? blank : otherwise.trim();
  });
}

/** The blanks that are still in a text, as they were written. */
export const blanks = (text) => [...new Set(text.match(BLANK) ?? [])];
