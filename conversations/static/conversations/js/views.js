/* Which conversations the list shows: the view and its menu, filters with their count, the order, views that are kept. */

import { $, $$, copy, plural, slots, words, write } from "../../hub/js/dom.js";
import { get, patch, post, remove } from "../../hub/js/http.js";
import { toast } from "../../hub/js/toast.js";
import { complain } from "./acts.js";

const MOST_COUNTED = 99;

/** onShown() after the list was read anew. Returns how to choose a view and to read the list again. */
export function createViews(store, { onShown }) {
  const pane = $("[data-list]");
  const form = $("[data-filters]");
  const chips = $("[data-filter-chips]", pane);

  /** Read the list of `view` with these filters from its beginning. */
  async function show(view, filters = {}, sort = "") {
    if ($("#views").matches(":popover-open")) $("#views").hidePopover();
    const before = [store.filters, store.chosenSort, store.view];
    [store.filters, store.chosenSort, store.view] = [filters, sort, view];
    try {
      const page = await get(`/inbox/rows/?${store.query()}`);
      store.replace({ view, counts: page.counts, list: page });
      paint();
      history.replaceState(history.state, "", `${location.pathname}?${store.query()}`);
      onShown();
    } catch (refusal) {
      [store.filters, store.chosenSort, store.view] = before;
      complain(refusal);
    }
  }

  function paint() {
    for (const link of $$("[data-view]")) {
      if (link.dataset.view === store.view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const kept = store.kept.find(({ id }) => id === store.view);
    const own = $(`[data-views] [data-view="${store.view}"] [data-title]`);
    write($("[data-view-name]", pane), kept?.name ?? own?.textContent ?? "");
    const set = Object.keys(store.filters).length;
    const button = $("[data-filter-button]", pane);
    write($("[data-slot=count]", button), set || "");
    $("[data-slot=count]", button).hidden = !set;
    button.setAttribute("aria-label", set ? plural(words.filters, set) : button.title);
    for (const item of $$("[data-sort]")) item.setAttribute("aria-pressed", String(item.dataset.sort === store.sort));
    paintChips();
    $("[data-keep-view]").disabled = set === 0 && !store.chosenSort;
    for (const part of $$("[data-kept-only]")) part.hidden = !kept?.mine;
  }

  /** Each filter as something to take away. */
  function paintChips() {
    chips.hidden = Object.keys(store.filters).length === 0;
    chips.replaceChildren(...Object.entries(store.filters).map(([name, value]) => {
      const chip = copy("filter-chip");
      const option = $(`[name="${name}"] option[value="${CSS.escape(value)}"]`, form);
      write(slots(chip).text, option?.textContent ?? value);
      $("button", chip).addEventListener("click", () => {
        const { [name]: _gone, ...rest } = store.filters;
        show(store.view, rest, store.chosenSort);
      });
      return chip;
    }));
  }

  function paintKept() {
    $("[data-kept]").replaceChildren(...store.kept.map((view) => {
      const item = copy("kept-view");
      const link = $("a", item);
      link.dataset.view = view.id;
      link.href = `?view=${view.id}`;
      write(slots(item).title, view.name);
      slots(item).shared.hidden = !view.shared;
      return item;
    }));
  }

  function paintCounts() {
    for (const link of $$("[data-view]")) {
      const count = store.counts[link.dataset.view];
      const bounded = !["mine", "unassigned", "all", "snoozed", "risk"].includes(link.dataset.view);
      write($("[data-count]", link), count === undefined || count === 0 && !link.classList.contains("tab") ? "" : bounded && count > MOST_COUNTED ? `${MOST_COUNTED}+` : count);
    }
  }

  function fillForm() {
    for (const [name, rows] of [["label", store.labels], ["team", store.teams], ["channel", store.channels]]) {
      const select = $(`[name="${name}"]`, form);
      for (const row of rows) select.append(new Option(row.name, row.id));
      select.closest("label").hidden = rows.length === 0;
    }
    for (const person of store.agents) $('[name="assignee"]', form).append(new Option(person.name || person.email, person.id));
  }

  form.addEventListener("change", () => {
    const filters = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
    show(store.view, filters, store.chosenSort);
  });
  $("#filters").addEventListener("beforetoggle", () => {
    for (const field of form.elements) if (field.name) field.value = store.filters[field.name] ?? "";
  });
  for (const button of $$("[data-clear-filters]")) {
    button.addEventListener("click", () => {
      $("#filters").hidePopover();
      show(store.view, {}, store.chosenSort);
    });
  }
  $("#sorts").addEventListener("click", ({ target }) => {
    const chosen = target.closest("[data-sort]");
    if (!chosen) return;
    $("#sorts").hidePopover();
    show(store.view, store.filters, chosen.dataset.sort);
  });

  /** Keep what the list shows, or rename a kept view: `#keep-view` asks for the name. */
  const dialog = $("#keep-view");
  let renamed = null;
  function ask(view) {
    renamed = view;
    $("[name=name]", dialog).value = view?.name ?? "";
    $("[data-wrong]", dialog).hidden = true;
    const share = $("[data-share]", dialog);
    if (share) share.hidden = Boolean(view);
    dialog.showModal();
  }
  const current = () => store.kept.find(({ id }) => id === store.view);
  $("[data-keep-view]").addEventListener("click", () => ask(null));
  $("[data-rename-view]").addEventListener("click", () => ask(current()));
  $("[data-remove-view]").addEventListener("click", async () => {
    const view = current();
    try {
      await remove(`/api/v1/views/${view.id}`);
      store.kept = store.kept.filter(({ id }) => id !== view.id);
      paintKept();
      toast(words.view_removed);
      show("mine");
    } catch (refusal) {
      complain(refusal);
    }
  });
  $("form", dialog).addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = $("[name=name]", dialog).value.trim();
    const kept = current();
    const body = { name, filters: { ...kept?.filters, ...ofView(store.view), ...store.filters }, sort: store.sort, shared: Boolean($("[name=shared]", dialog)?.checked) };
    try {
      const view = renamed ? await patch(`/api/v1/views/${renamed.id}`, { name }) : await post("/api/v1/views", body);
      store.kept = [...store.kept.filter(({ id }) => id !== view.id), view];
      dialog.close();
      paintKept();
      toast(words.kept);
      await show(view.id);
    } catch (refusal) {
      const wrong = $("[data-wrong]", dialog);
      wrong.hidden = false;
      write(wrong, Object.values(refusal.errors ?? {}).flat().join(" ") || refusal.message);
    }
  });
  for (const close of $$("[data-close-keep]", dialog)) close.addEventListener("click", () => dialog.close());

  store.addEventListener("counts", paintCounts);
  store.addEventListener("rows", paint);
  fillForm();
  paintKept();
  const asked = Object.fromEntries([...new URLSearchParams(location.search)].filter(([name]) => form.elements[name]));
  store.filters = asked;
  store.chosenSort = new URLSearchParams(location.search).get("sort") ?? "";
  store.tell("rows"); // with its filters: an empty list says that they are why
  paintCounts();

  return { show, again: () => show(store.view, store.filters, store.chosenSort) };
}

/** What one of the inbox's own views means, in the words of a kept one. */
function ofView(view) {
  return { mine: { assignee: "me" }, unassigned: { assignee: "none" }, snoozed: { status: "snoozed" }, resolved: { status: "resolved" } }[view] ?? {};
}
