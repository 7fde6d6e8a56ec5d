/* Finding by what somebody types: accents and case forgiven, letters in order enough, the best first. */

const MARKS = /\p{M}/gu;

/** "Resolução" as it is compared: "resolucao". */
export const fold = (text) => String(text ?? "").normalize("NFD").replace(MARKS, "").toLowerCase();

/** How well `text` answers `query`: higher is better, 0 not at all; an empty query takes everything. */
export function score(query, text) {
  const wanted = fold(query).trim();
  if (!wanted) return 1;
  const held = fold(text);
  const at = held.indexOf(wanted);
  if (at === 0) return 100;
  if (at > 0) return /[\s/·@-]/.test(held[at - 1]) ? 80 : 60;
  const words = wanted.split(/\s+/);
  if (words.length > 1 && words.every((word) => held.includes(word))) return 50;
  return inOrder(wanted.replace(/\s+/g, ""), held);
}

/** The letters one after the other, with little between them. */
function inOrder(wanted, held) {
  let at = -1;
  let first = -1;
  for (const letter of wanted) {
    at = held.indexOf(letter, at + 1);
    if (at < 0) return 0;
    if (first < 0) first = at;
  }
  const spread = at - first + 1;
  return wanted.length >= 2 && spread <= wanted.length * 3 ? Math.max(1, 40 - (spread - wanted.length)) : 0;
}

/** The items that answer the query, best first, at most `most`; `textOf` says what of an item is looked at. */
export function best(query, items, textOf, most = 8) {
  const found = items.map((item, place) => ({ item, place, points: Math.max(0, ...[textOf(item)].flat().map((text) => score(query, text))) }));
  return found.filter(({ points }) => points > 0).sort((a, b) => b.points - a.points || a.place - b.place).slice(0, most).map(({ item }) => item);
}
