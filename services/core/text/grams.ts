// The character groups of a scanned text: trigrams; pairs where Hangul is; characters and pairs where Han or Kana is.
import { ABSENT, gramCode } from "./hash.ts";
import type { Scanned } from "./scan.ts";
import { HAN_KANA, HANGUL, SEPARATOR } from "./script.ts";

/**
 * Korean: pairs instead of trigrams, ROC-AUC .892 → .917. Chinese: characters and pairs instead of trigrams, .691 → .749 (LCQMC, dev).
 * The choice is made at each place, so that mixed text needs no decision as a whole.
 */
export const eachGram = ({ points, kinds, length }: Scanned, visit: (code: number) => void): void => {
  for (let i = 0; i + 1 < length; i += 1) {
    const a = points[i] ?? 0;
    const b = points[i + 1] ?? 0;
    const kindA = kinds[i] ?? SEPARATOR;
    const kindB = kinds[i + 1] ?? SEPARATOR;
    if (kindA === HAN_KANA) visit(gramCode(a, ABSENT, ABSENT));
    if (kindA === HAN_KANA || kindB === HAN_KANA || kindA === HANGUL || kindB === HANGUL) visit(gramCode(a, b, ABSENT));
    else if (i + 2 < length) visit(gramCode(a, b, points[i + 2] ?? 0));
  }
};
