/* What was refused comes into sight: the first wrong field of a form that was sent has the focus. */

const CONTROLS = "input:not([type=hidden]), select, textarea";

const show = (part) => part.querySelector(".field:has(.wrong)")?.querySelector(CONTROLS)?.focus();

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.requestConfig?.triggeringEvent?.type === "submit") show(detail.elt);
});
show(document);
