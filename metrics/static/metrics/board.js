/* The board between two states: what the reader opened stays open and focused; letters choose the period. */

let kept = null;

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

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!plain || event.key.length > 1 || event.target.closest?.("input, textarea, select")) return;
  document.querySelector(`.bar [data-letter="${CSS.escape(event.key.toUpperCase())}"]`)?.click();
});

/** The way to an element from #dash, by position: the same place after the swap. */
function path(element) {
  const steps = [];
  for (let one = element; one.id !== "dash"; one = one.parentElement) {
    steps.unshift(`:nth-child(${[...one.parentElement.children].indexOf(one) + 1})`);
  }
  return ["#dash", ...steps].join(" > ");
}
