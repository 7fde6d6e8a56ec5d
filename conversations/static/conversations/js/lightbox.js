/* A picture large, over the page: arrows turn to the others of the conversation, Escape closes, focus comes back. */

import { $, $$, fill, slots, words, write } from "../../hub/js/dom.js";

let shown = [];
let at = 0;

/** Open the picture of a `.photo` of the thread, with all the others in reach. */
export function openLightbox(photo) {
  const dialog = prepared();
  shown = $$("[data-messages] .photo");
  at = Math.max(0, shown.indexOf(photo));
  paint();
  dialog.showModal();
}

function prepared() {
  const dialog = $("#lightbox");
  if (dialog.dataset.prepared) return dialog;
  dialog.dataset.prepared = "true";
  const s = slots(dialog);
  s.previous.addEventListener("click", () => turn(-1));
  s.next.addEventListener("click", () => turn(1));
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) turn(step);
    event.stopPropagation(); // the inbox has keys of its own
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog || target === s.stage) dialog.close();
  });
  dialog.addEventListener("close", () => {
    s.image.removeAttribute("src");
    (shown[at]?.offsetParent ? shown[at] : shown[0])?.focus();
  });
  return dialog;
}

function turn(step) {
  const to = at + step;
  if (to < 0 || to >= shown.length) return;
  at = to;
  paint();
}

function paint() {
  const s = slots($("#lightbox"));
  const { attachment, href } = shown[at];
  s.image.src = href;
  s.image.alt = attachment.filename || words.forms_of_kind.image;
  s.image.width = attachment.width;
  s.image.height = attachment.height;
  write(s.name, attachment.filename || words.forms_of_kind.image);
  write(s.place, shown.length > 1 ? fill(words.media.place, { at: at + 1, of: shown.length }) : "");
  s.previous.disabled = at === 0;
  s.next.disabled = at === shown.length - 1;
  s.previous.hidden = s.next.hidden = shown.length < 2;
  s.save.href = `${href}?download=1`;
}
