/* What is asked or sent by a form: answers to press, a list, a place, a card, an invitation to another channel. */

import { $, $$, copy, fill, slots, words, write, writeOrHide } from "../../hub/js/dom.js";
import { post } from "../../hub/js/http.js";
import { local } from "./pieces.js";
import { detailOf } from "./sending.js";

/** `way()` is where the answer goes, `invitedTo()` the channels a visitor may go on with; onSend(said) says it, onText(text) puts it into the box. */
export function createForms({ way, conversation, invitedTo, onSend, onText }) {
  const dialog = $("#forms");
  const form = $("form", dialog);
  const wrong = $("[data-forms-wrong]", dialog);
  let kind = "";

  const limits = () => way()?.limits?.questions ?? {};
  const can = (name) => way()?.can?.includes(name) && way().open;
  const offered = () => ({
    buttons: can("interactive") && limits().buttons > 0,
    list: can("interactive") && limits().rows > 0,
    location: can("location"),
    contact: can("contacts"),
    invite: way()?.kind === "webchat" && invitedTo().length > 0,
  });
  const field = (name) => form.elements[name]?.value.trim() ?? "";

  function turn(name) {
    kind = name;
    for (const tab of $$("[data-form]", dialog)) {
      tab.hidden = !offered()[tab.dataset.form];
      tab.setAttribute("aria-pressed", String(tab.dataset.form === name));
    }
    for (const part of $$("[data-part]", dialog)) part.hidden = !part.dataset.part.split(" ").includes(name);
    writeOrHide(wrong, "");
    $("[data-forms-send]", dialog).hidden = name === "invite";
    const most = limits()[name === "buttons" ? "buttons" : "rows"] ?? 0;
    const length = limits()[name === "buttons" ? "button_title" : "row_title"] ?? 0;
    writeOrHide($("[data-forms-limits]", dialog), ["buttons", "list"].includes(name) ? fill(words.forms.limits, { n: most, length }) : "");
    if (!["buttons", "list"].includes(name)) return;
    const texts = $$("[data-choices] input", dialog).map(({ value }) => value).slice(0, most);
    $("[data-choices]", dialog).replaceChildren();
    for (let at = 0; at < Math.min(most, Math.max(3, texts.length)); at += 1) offer(length, texts[at]);
  }

  /** A further answer to fill in. */
  function offer(length, text = "") {
    const rows = $("[data-choices]", dialog);
    const row = copy("choice-input");
    const { input, label } = slots(row);
    write(label, fill(words.forms.answer, { n: rows.children.length + 1 }));
    Object.assign(input, { value: text, maxLength: length });
    rows.append(row);
  }

  /** When all are filled in and the channel takes more, there is one more. */
  function grow() {
    const inputs = $$("[data-choices] input", dialog);
    const most = limits()[kind === "buttons" ? "buttons" : "rows"] ?? 0;
    if (inputs.length < most && inputs.every(({ value }) => value.trim())) offer(inputs[0].maxLength);
  }

  /** What the form says, as POST messages takes it. */
  function asked() {
    const choices = $$("[data-choices] input", dialog).map(({ value }) => value.trim()).filter(Boolean).map((title, at) => ({ id: `${at + 1}`, title }));
    switch (kind) {
      case "buttons":
        return { text: field("question"), asked: { interactive: { kind, buttons: choices } }, payload: { choices } };
      case "list":
        return { text: field("question"), asked: { interactive: { kind, button: field("opens") || words.forms.opens, sections: [{ rows: choices }] } }, payload: { sections: [{ rows: choices }] } };
      case "location": {
        const place = { latitude: Number(field("latitude").replace(",", ".")), longitude: Number(field("longitude").replace(",", ".")), name: field("place"), address: field("address") };
        return { text: "", asked: { location: place }, payload: place };
      }
      default: {
        const card = { name: field("name"), ...(field("phone") && { phones: [{ phone: field("phone") }] }), ...(field("email") && { emails: [field("email")] }), ...(field("firm") && { organization: field("firm") }) };
        return { text: "", asked: { contacts: [card] }, payload: { contacts: [card] } };
      }
    }
  }

  /** What is missing, in a sentence; empty when it can go. */
  function objection({ text, asked: { interactive, location, contacts }, payload }) {
    if (interactive && !text) return words.forms.no_question;
    if (interactive && !(payload.choices ?? payload.sections[0].rows).length) return words.forms.no_answers;
    if (location && !(field("latitude") && field("longitude") && Math.abs(location.latitude) <= 90 && Math.abs(location.longitude) <= 180)) return words.forms.no_place;
    return contacts && !contacts[0].name ? words.forms.no_name : "";
  }

  async function invite() {
    const result = $("[data-invitation]", dialog);
    try {
      const made = await post(`/api/v1/conversations/${conversation().id}/invitations`, { channel: invitedTo()[0].id });
      const s = slots(result);
      result.hidden = false;
      Object.assign(s.link, { href: made.url, textContent: made.url });
      s.qr.src = local(made.qr);
      s.say.onclick = () => {
        dialog.close();
        onText(made.url);
      };
    } catch (refusal) {
      writeOrHide(wrong, detailOf(refusal));
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = asked();
    const against = objection(said);
    writeOrHide(wrong, against);
    if (against) return;
    dialog.close();
    form.reset();
    onSend(said);
  });
  for (const tab of $$("[data-form]", dialog)) tab.addEventListener("click", () => turn(tab.dataset.form));
  $("[data-invite]", dialog).addEventListener("click", invite);
  for (const close of $$("[data-close]", dialog)) close.addEventListener("click", () => dialog.close());
  $("[data-choices]", dialog).addEventListener("input", grow);

  return {
    /** Whether there is any form for where the answer goes now. */
    any: () => Object.values(offered()).some(Boolean),
    open() {
      $("[data-invitation]", dialog).hidden = true;
      turn(Object.entries(offered()).find(([, on]) => on)?.[0] ?? "");
      dialog.showModal();
    },
  };
}
