// How much of a text is looked at: 256 KiB of UTF-8, cut at a character.

export const maxTextBytes = 262_144;

/** The text itself when it fits, else its longest beginning that does. */
export const cutText = (text: string): string => {
  if (text.length * 3 <= maxTextBytes) return text;
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > maxTextBytes) return text.slice(0, end);
    end += character.length;
  }
  return text;
};
