/* Buttons that copy what stands beside them, on pages that come from the server. */

const LIFE = 2000;

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy] button");
  if (!button) return;
  const source = button.closest("[data-copy]").querySelector("[data-copied]");
  if (await copied(source)) show(button);
});

/** Copy by the clipboard, or where the page may not use it by selecting the text. */
async function copied(source) {
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}

function show(button) {
  const [before, after] = [button.querySelector("[data-before]"), button.querySelector("[data-after]")];
  before.hidden = true;
  after.hidden = false;
  setTimeout(() => {
    before.hidden = false;
    after.hidden = true;
  }, LIFE);
}
