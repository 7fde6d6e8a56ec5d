/* The board between two states: what the reader opened stays open and focused; letters choose; the drawer shows what is behind. */

let kept = null;
const drawer = () => document.getElementById("drawer");

document.addEventListener("htmx:oobBeforeSwap", () => {
  kept = {
    open: [...document.querySelectorAll("#dash details[open][id]")].map(({ id }) => id),
    tip: document.querySelector("#dash [popover]:popover-open")?.id,
    focus: document.querySelector("#dash")?.contains(document.activeElement) ? path(document.activeElement) : null,
    scroll: [...document.querySelectorAll("#dash .scroller")].map(({ scrollTop }) => scrollTop),
  };
});

document.addEventListener("htmx:oobAfterSwap", () => {
  if (!kept) return;
  for (const id of kept.open) document.getElementById(id)?.setAttribute("open", "");
  if (kept.tip) document.getElementById(kept.tip)?.showPopover();
  document.querySelectorAll("#dash .scroller").forEach((one, place) => (one.scrollTop = kept.scroll[place] ?? 0));
  if (kept.focus) document.querySelector(kept.focus)?.focus({ preventScroll: true });
  kept = null;
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  showCurrent();
  if (!detail.requestConfig?.elt.closest?.(".tile")) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector(".charts > :first-child")?.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
});

/* A pulse nobody answers says so; the next one that is answered takes its place. */
for (const silence of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(silence, ({ target }) => {
    if (target.id !== "pulse") return;
    target.classList.add("late");
    target.querySelector(".silence").hidden = false;
  });
}

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!plain || event.key.length > 1 || drawer()?.open || event.target.closest?.("input, textarea, select")) return;
  document.querySelector(`.bar [data-letter="${CSS.escape(event.key.toUpperCase())}"]`)?.click();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-print]")) return window.print();
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey && event.button === 0;
  const link = event.target.closest?.("a[data-open]");
  if (!link || !plain) return;
  event.preventDefault();
  show(link.dataset.open);
});

document.addEventListener("figures:open", (event) => show(event.detail));

/** Fetch the drawer for these words, and let the address keep them. */
async function show(words) {
  const address = `${location.pathname}?${[document.getElementById("board").dataset.words, words].filter(Boolean).join("&")}`;
  await window.htmx.ajax("GET", address, { target: "#drawer", swap: "innerHTML" });
  history.replaceState(history.state, "", address);
  open();
}

function open() {
  const dialog = drawer();
  if (!dialog?.querySelector("#drawer-title")) return;
  if (!dialog.open) dialog.showModal();
  dialog.onclose = () => {
    const words = document.getElementById("board").dataset.words;
    history.replaceState(history.state, "", location.pathname + (words ? `?${words}` : ""));
    dialog.replaceChildren();
  };
  dialog.onclick = (event) => event.target === dialog && outside(dialog, event) && dialog.close();
}

function outside(dialog, { clientX }) {
  return clientX < dialog.getBoundingClientRect().left;
}

/** Where tabs do not all fit, the chosen ones are in sight. */
function showCurrent() {
  for (const tab of document.querySelectorAll(".bar .tabs [aria-current]")) {
    const [row, one] = [tab.parentElement, tab.getBoundingClientRect()];
    const room = row.getBoundingClientRect();
    row.scrollLeft += one.left - room.left - (room.width - one.width) / 2;
  }
}

/** The way to an element from #dash, by position: the same place after the swap. */
function path(element) {
  const steps = [];
  for (let one = element; one.id !== "dash"; one = one.parentElement) {
    steps.unshift(`:nth-child(${[...one.parentElement.children].indexOf(one) + 1})`);
  }
  return ["#dash", ...steps].join(" > ");
}

showCurrent();
open();
