/* Short notices at the bottom left: three at most, gone after five seconds unless something went wrong. */

import { $, copy, write } from "./dom.js";

const LIFE = 5000;
const MOST = 3;

/** Show a sentence. `undo` is {label, act}; `bad` ones stay until they are closed. */
export function toast(sentence, { undo = null, bad = false } = {}) {
  const place = $("[data-toasts]");
  const element = copy("toast");
  element.classList.toggle("bad", bad);
  write($("p", element), sentence);
  const close = () => element.remove();
  if (undo) {
    const button = $(".undo", element);
    button.hidden = false;
    write(button, undo.label);
    button.addEventListener("click", () => {
      close();
      undo.act();
    });
  }
  if (bad) {
    const button = $(".close", element);
    button.hidden = false;
    button.addEventListener("click", close);
  } else {
    let timer = setTimeout(close, LIFE);
    element.addEventListener("pointerenter", () => clearTimeout(timer));
    element.addEventListener("pointerleave", () => (timer = setTimeout(close, LIFE)));
  }
  place.append(element);
  while (place.children.length > MOST) place.firstElementChild.remove();
  return close;
}
