// Did quality change, or only who asked: the move of a rate split into changed rates and changed shares.

/** One value of a dimension, before (the baseline) and now. */
export interface MixPart {
  /** Trials, or anything in proportion to them. */
  readonly weightBefore: number;
  readonly weightNow: number;
  /** Rates 0 … 1; ignored where the weight is 0. */
  readonly rateBefore: number;
  readonly rateNow: number;
}

export interface MixShift {
  /** Change of the whole rate. */
  readonly change: number;
  /** Part of it from rates that changed, at mean shares. */
  readonly ofRates: number;
  /** Part of it from shares that changed, at mean rates. */
  readonly ofShares: number;
  /** |ofShares| in both, 0 … 1; 0 when neither moved. */
  readonly share: number;
}

const noShift: MixShift = { change: 0, ofRates: 0, ofShares: 0, share: 0 };

/** Kitagawa's decomposition (1955) over all values of one dimension. A value seen on one side only keeps its rate on the other. */
export const mixShift = (parts: readonly MixPart[]): MixShift => {
  const before = parts.reduce((sum, part) => sum + part.weightBefore, 0);
  const now = parts.reduce((sum, part) => sum + part.weightNow, 0);
  if (!(before > 0 && now > 0)) return noShift;
  let [ofRates, ofShares] = [0, 0];
  for (const part of parts) {
    const [shareBefore, shareNow] = [part.weightBefore / before, part.weightNow / now];
    const rateBefore = part.weightBefore > 0 ? part.rateBefore : part.rateNow;
    const rateNow = part.weightNow > 0 ? part.rateNow : rateBefore;
    ofRates += ((shareBefore + shareNow) / 2) * (rateNow - rateBefore);
    ofShares += ((rateBefore + rateNow) / 2) * (shareNow - shareBefore);
  }
  const both = Math.abs(ofRates) + Math.abs(ofShares);
  return { change: ofRates + ofShares, ofRates, ofShares, share: both > 0 ? Math.abs(ofShares) / both : 0 };
};
