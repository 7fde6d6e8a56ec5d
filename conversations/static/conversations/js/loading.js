/* The thread that is on its way: of several questions only the newest is heard. */

import { get } from "../../hub/js/http.js";

/**
 * `onShown(data, late)` gets the thread and the messages the feed told meanwhile, `onRefused(refusal)` why there is none.
 * Returns `id`, which is on its way or null; `ready`, kept when it is there; and what can be done: `ask`, `leave`, `heard`.
 */
export function createLoading({ onShown, onRefused }) {
  const loading = { id: null, ready: Promise.resolve(), ask, leave, heard };
  let asked = 0;
  let late = [];

  /** Ask for a thread, also for the one that is there: what an earlier question still brings is stale. */
  function ask(id) {
    return (loading.ready = load(id));
  }

  async function load(id) {
    const mine = ++asked;
    loading.id = id;
    late = [];
    try {
      const data = await get(`/inbox/${id}/thread/`);
      if (mine === asked) onShown(data, late);
    } catch (refusal) {
      if (mine === asked) onRefused(refusal);
    }
    if (mine !== asked) return loading.ready; // who waits for this one waits for the one that took its place
    loading.id = null;
  }

  /** Want none any more. */
  function leave() {
    asked += 1;
    loading.id = null;
    loading.ready = Promise.resolve();
  }

  /** Keep a message for the thread on its way: it may be younger than the answer. */
  function heard(message) {
    if (loading.id === message.conversation) late.push(message);
  }

  return loading;
}
