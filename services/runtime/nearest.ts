// What a misspelt name was probably meant to be.

/** Edits (insert, delete, replace) from one word to the other. */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
};

/** At most `most` names, nearest first: those that contain the word, or differ from it in less than half of it. */
export const nearest = (word: string, names: readonly string[], most: number): readonly string[] =>
  names
    .map((name) => ({ name, edits: word !== "" && name.includes(word) ? 0 : distance(word, name) }))
    .filter(({ edits }) => edits < word.length / 2)
    .toSorted((a, b) => a.edits - b.edits)
    .slice(0, most)
    .map(({ name }) => name);
