/* What asks for one choice more, as steps of the palette: whom, which label, how urgent, until when, which macro or reply. */

import { fill, words } from "../../hub/js/dom.js";
import { get, post } from "../../hub/js/http.js";
import { toast } from "../../hub/js/toast.js";
import { complain, named } from "./acts.js";
import { presets } from "./choose.js";
import { cannedReplies, take as fromCanned } from "./sources.js";

/** `row()` is the opened conversation, `opened()` all that is opened; `acts` and `composer` do what they do for buttons too. */
export function createSteps({ store, row, opened, take, after, acts, composer }) {
  const { me } = store;
  const run = (act, name) => acts.run([row().id], act, name);

  function assign() {
    const held = row().assignee?.id;
    const nameOf = (person) => person.name || person.email;
    const people = store.agents.map((person) => ({
      title: person.id === me.id ? fill(words.me, { name: nameOf(person) }) : nameOf(person), text: person.name ? person.email : "", on: person.id === held,
      run: () => acts.assign(person),
    }));
    people.sort((a, b) => Number(b.title.includes(nameOf(me))) - Number(a.title.includes(nameOf(me))));
    const teams = store.teams.map((team) => ({
      title: team.name, text: words.palette.team, on: team.id === row().team?.id, run: () => run({ do: "assign", team: team.id }, team.name),
    }));
    return [...people, { title: words.nobody_has_it, run: () => acts.assign(null) }, ...teams];
  }

  function label() {
    const on = new Set(row().labels.map(({ id }) => id));
    return store.labels.map(({ id, name }) => ({ title: name, on: on.has(id), run: () => run({ do: "label", [on.has(id) ? "remove" : "add"]: [id] }) }));
  }

  function priority() {
    const now = row().priority;
    const set = (level) => ({ do: "priority", priority: words.priority_words[level], expected: words.priority_words[now] });
    return [...words.priority_words.keys()].reverse().map((level) => ({
      title: words.priority_names[level], on: now === level, run: () => run(set(level), words.priority_names[level]),
    }));
  }

  const snooze = () => Object.entries(presets()).map(([name, at]) => ({
    title: words.snoozes[name], text: named(at), run: () => run({ do: "snooze", until: at.toISOString() }, named(at)),
  }));

  async function macro() {
    const { results } = await get("/api/v1/macros?limit=200").catch(() => ({ results: [] }));
    const team = row().team?.id;
    return results.filter((one) => !one.team || one.team === team).map(({ id, name }) => ({ title: name, run: () => runMacro(id, name) }));
  }

  /** All its acts in order; which could not be done is said with the reason. */
  async function runMacro(id, name) {
    try {
      const { steps, conversation } = await post(`/api/v1/conversations/${row().id}/macros/${id}`);
      take(conversation);
      const failed = steps.filter(({ done }) => !done);
      const why = failed.map((step) => `${words.palette.acts[step.do] ?? step.do}: ${step.why}`).join(" · ");
      if (failed.length) toast(fill(words.palette.macro_failed, { name, done: steps.length - failed.length, all: steps.length, why }), { bad: true });
      else toast(fill(words.palette.macro_done, { name }));
    } catch (refusal) {
      complain(refusal);
    }
    after();
  }

  async function canned() {
    const team = row().team?.id;
    const fitting = (await cannedReplies()).filter((reply) => !reply.team || reply.team === team);
    return fitting.map((reply) => ({
      title: reply.title, text: reply.text.slice(0, 90), also: [reply.shortcut],
      run: () => {
        composer.reply();
        composer.insert(fromCanned(reply, opened(), me, composer.way()));
      },
    }));
  }

  const step = (name, items) => ({ name, title: words.keys[name], items });
  return {
    assign: step("assign", assign), label: step("label", label), priority: step("priority", priority), snooze: step("snooze", snooze),
    macro: step("macro", macro), canned: step("canned", canned), pending: () => run({ do: "pending" }), unread: () => run({ do: "unread" }),
  };
}
