/* Taking along what is kept about a person, and erasing them: only for administrators, and only who types who it is. */

import { $, fill, words, write, writeOrHide } from "../../hub/js/dom.js";
import { post } from "../../hub/js/http.js";
import { toast } from "../../hub/js/toast.js";
import { detailOf } from "./sending.js";
import { shownAddress } from "./side.js";

const NUMBERS = ["wa_id", "phone"];

/** Let the link to what is kept lead to the opened person. */
export function leadToWhatIsKept({ id }) {
  const link = $("[data-export]");
  if (link) link.href = `/api/v1/customers/${id}/export`;
}

/** `current()` is what is opened or null. That it is gone then, the feed tells this page like any other. */
export function createErasing({ current }) {
  const sheet = $("#erase");
  if (!sheet) return; // who may not is not offered it
  const form = $("[data-erase-form]", sheet);
  const button = $("[type=submit]", form);
  const wrong = $("[data-erase-wrong]", sheet);
  let person = null; // as it was opened: another one may be by the time somebody has typed

  /** What stands for the person: their name, else an address as people read it. */
  function called({ name, identities }) {
    const address = identities.find(({ kind }) => NUMBERS.includes(kind)) ?? identities[0];
    return name || (address ? shownAddress(address) : words.unknown_person);
  }

  /** Whether the name was typed, or one of their numbers in any writing. */
  function meant() {
    const typed = plain(form.elements.typed.value);
    const digits = typed.replace(/\D/g, "");
    const numbers = person.identities.filter(({ kind }) => NUMBERS.includes(kind)).map(({ value }) => value.replace(/\D/g, ""));
    return typed !== "" && (typed === plain(called(person)) || (!/\p{L}/u.test(typed) && numbers.includes(digits)));
  }

  function open() {
    person = current()?.customer;
    if (!person) return;
    form.reset();
    button.disabled = true;
    writeOrHide(wrong, "");
    write($("[data-erase-ask]", sheet), fill(words.erase_ask, { name: called(person) }));
    sheet.showModal();
  }

  async function erase(event) {
    event.preventDefault();
    if (!meant()) return;
    button.disabled = true;
    try {
      await post(`/api/v1/customers/${person.id}/erase`, { reason: form.elements.reason.value }, crypto.randomUUID());
      sheet.close();
      toast(words.erased);
    } catch (refusal) {
      writeOrHide(wrong, detailOf(refusal));
      button.disabled = false;
    }
  }

  $("[data-open-erase]").addEventListener("click", open);
  $("[data-erase-keep]", sheet).addEventListener("click", () => sheet.close());
  form.addEventListener("input", () => (button.disabled = !meant()));
  form.addEventListener("submit", erase);
}

/** Letters alone count: not their size, nor how many spaces are between words. */
function plain(text) {
  return text.normalize("NFC").trim().replace(/\s+/g, " ").toLocaleLowerCase();
}
