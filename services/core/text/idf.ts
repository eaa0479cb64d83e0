// How rare words and character groups are: the frozen seed table unpacked to one byte a code, and the weights that follow from it.
import { GRAM_BITS, type Keyed, seal, WORD_BITS } from "./hash.ts";

/** As `infra/dev/idf.ts` writes it: document counts per script, and (code, step) pairs packed by `packSteps`. */
export interface IdfSeed {
  readonly id: string;
  /** Texts counted, by `scripts`: other, Hangul, Han and Kana. */
  readonly texts: readonly [number, number, number];
  readonly words: string;
  readonly grams: string;
}

/** Document counts are kept exactly up to 32, above in steps of 6 %: 255 steps reach 10 million. */
const EXACT = 32;
const GROWTH = Math.log(1.06);
export const stepOf = (texts: number): number =>
  texts <= EXACT ? Math.round(texts) : Math.min(255, EXACT + Math.round(Math.log(texts / EXACT) / GROWTH));
export const textsOf = (step: number): number => (step <= EXACT ? step : EXACT * Math.exp((step - EXACT) * GROWTH));

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Steps by code as text: per non-zero step the distance to the last such code in base 32 digits (high bit: more follow), then the step in two digits. */
export const packSteps = (steps: Uint8Array): string => {
  let packed = "";
  let last = -1;
  steps.forEach((step, code) => {
    if (step === 0) return;
    let distance = code - last - 1;
    last = code;
    for (; distance >= 32; distance = Math.floor(distance / 32)) packed += alphabet[32 + (distance % 32)];
    packed += `${alphabet[distance]}${alphabet[step >> 6]}${alphabet[step & 63]}`;
  });
  return packed;
};

export const unpackSteps = (packed: string, codes: number): Uint8Array => {
  const digitOf = new Uint8Array(128);
  for (let i = 0; i < alphabet.length; i += 1) digitOf[alphabet.charCodeAt(i)] = i;
  const steps = new Uint8Array(codes);
  let at = 0;
  const digit = (): number => digitOf[packed.charCodeAt(at++)] ?? 0;
  let code = -1;
  while (at < packed.length) {
    let distance = 0;
    let scale = 1;
    let next = digit();
    for (; next >= 32; next = digit()) {
      distance += (next - 32) * scale;
      scale *= 32;
    }
    code += distance + next * scale + 1;
    const high = digit();
    steps[code] = high * 64 + digit();
  }
  return steps;
};

export interface Idf {
  readonly id: string;
  /** Step by sealed code. */
  readonly words: Uint8Array;
  readonly grams: Uint8Array;
  /** Weight by script × 256 + step: ln(1 + (N + 1) / (df + 0.5)). */
  readonly weights: Float64Array;
}

const sealSteps = (steps: Uint8Array, keyed: Keyed): Uint8Array => {
  const sealed = new Uint8Array(steps.length);
  for (let code = 0; code < steps.length; code += 1) sealed[seal(keyed, code)] = steps[code] ?? 0;
  return sealed;
};

export const openIdf = (seed: IdfSeed, keyed: { readonly words: Keyed; readonly grams: Keyed }): Idf => {
  const weights = new Float64Array(3 * 256);
  seed.texts.forEach((texts, script) => {
    for (let step = 0; step < 256; step += 1)
      weights[script * 256 + step] = Math.log(1 + (texts + 1) / (textsOf(step) + 0.5));
  });
  return {
    id: seed.id,
    words: sealSteps(unpackSteps(seed.words, 2 ** WORD_BITS), keyed.words),
    grams: sealSteps(unpackSteps(seed.grams, 2 ** GRAM_BITS), keyed.grams),
    weights,
  };
};
