/* The panes of the inbox and what is pressed in them: the side that folds away, and buttons by what they are called. */

import { $ } from "../../hub/js/dom.js";

/** The side stands open on a wide screen and is a drawer, shut at first, on a narrow one. Returns how to turn it. */
export function createSide(root) {
  const wide = matchMedia("(width >= 1280px)");
  const isOpen = () => root.dataset.side === "open" || (root.dataset.side === "auto" && wide.matches);
  const tell = () => $("[data-toggle-side]").setAttribute("aria-expanded", String(isOpen()));
  wide.addEventListener("change", () => {
    root.dataset.side = "auto";
    tell();
  });
  tell();
  return (open = !isOpen()) => {
    root.dataset.side = open ? "open" : "shut";
    tell();
  };
}

/**
 * A conversation on its way: ghosts after a moment, so that nobody reads or answers the one before. Returns how to say whether
 * one is waited for; who was writing goes on writing.
 */
export function createWaiting(root) {
  const text = $("[data-text]", root);
  let timer = 0;
  return (waits) => {
    clearTimeout(timer);
    if (waits) {
      timer = setTimeout(() => {
        root.dataset.opening ??= document.activeElement === text ? "writing" : "reading";
      }, 150);
      return;
    }
    const wrote = root.dataset.opening === "writing";
    delete root.dataset.opening;
    if (wrote) text.focus();
  };
}

/** How much is unread: in the window's name beside whom one reads, and as a dot on the rail. */
export function tellUnread(unread, name) {
  document.title = `${unread ? `(${unread}) ` : ""}${name} · Novelo`;
  const dot = $("[data-rail-dot]");
  if (dot) dot.hidden = !unread;
}

/** The bar that says the hub is out of reach, shown after two seconds of it. Returns how to say whether it is. */
export function createOfflineBar() {
  const bar = $("[data-offline]");
  let timer = 0;
  return (alive) => {
    clearTimeout(timer);
    if (alive) bar.hidden = true;
    else timer = setTimeout(() => (bar.hidden = false), 2000);
  };
}

/** Let buttons and links act: `acts` by the attribute they carry (the element is handed over), `onView`, `onOpen` for links. */
export function listenForClicks(root, { acts, onView, onOpen }) {
  root.addEventListener("click", ({ target }) => {
    const pressed = Object.keys(acts).find((name) => target.closest(`[${name}]`));
    if (pressed) acts[pressed](target.closest(`[${pressed}]`));
    if (target.closest("[data-assign-menu]")) $("#assign").hidePopover();
  });
  root.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const view = event.target.closest("[data-view]");
    const earlier = event.target.closest("a[data-open]");
    if (!view && !earlier) return;
    event.preventDefault();
    if (view) onView(view.dataset.view);
    else onOpen(earlier.dataset.open);
  });
}
