// Abandonment told from the structure of a call alone: logistic regression on bags of both sides' acts, judged on folds it was not fitted to.
import { createRandom } from "#infra/dev/random.ts";
import type { Case } from "./quality-statistics.ts";

export interface Call {
  readonly LUHF: string;
  readonly utterances_annotations: readonly { readonly caller_name: string; readonly intent: string }[];
}

/** Acts of both sides, how often the same act came again, refusals, length. No feature says what came last. */
const featuresOf = (call: Call): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  const add = (name: string) => found.set(name, (found.get(name) ?? 0) + 1);
  const seen = new Set<string>();
  let before = "";
  for (const { caller_name: caller, intent } of call.utterances_annotations) {
    const act = `${caller}:${intent}`;
    add(act);
    add(`${before}>${act}`);
    if (seen.has(act)) add(`again ${caller}`);
    seen.add(act);
    if (intent.includes("negat")) add("negations");
    add("length");
    before = act;
  }
  for (const [name, times] of found) found.set(name, Math.log1p(times));
  return found;
};

interface Model {
  readonly weights: ReadonlyMap<string, number>;
  readonly bias: number;
}

const scoreOf = ({ weights, bias }: Model, features: ReadonlyMap<string, number>): number => {
  let sum = bias;
  for (const [name, value] of features) sum += (weights.get(name) ?? 0) * value;
  return 1 / (1 + Math.exp(-sum));
};

interface Example {
  readonly features: ReadonlyMap<string, number>;
  readonly positive: boolean;
}

/** Stochastic gradient descent with decay; seeded order, so the same figures every time. */
const fit = (examples: readonly Example[], passes = 30, step = 0.05, decay = 0.001): Model => {
  const weights = new Map<string, number>();
  let bias = 0;
  const random = createRandom(11);
  for (let pass = 0; pass < passes; pass += 1) {
    const rate = step / (1 + pass / 10);
    for (let i = 0; i < examples.length; i += 1) {
      const { features, positive } = random.pick(examples);
      const miss = (positive ? 1 : 0) - scoreOf({ weights, bias }, features);
      bias += rate * miss;
      for (const [name, value] of features) {
        const weight = weights.get(name) ?? 0;
        weights.set(name, weight + rate * (miss * value - decay * weight));
      }
    }
  }
  return { weights, bias };
};

/** Scores of all calls, each by a model fitted without its fifth; `cut` drops so many of the last utterances. */
export const structureCases = (calls: readonly Call[], cut: number): readonly Case[] => {
  const folds = 5;
  const random = createRandom(3);
  const examples = calls.map((call) => ({
    features: featuresOf({
      ...call,
      utterances_annotations: call.utterances_annotations.slice(0, call.utterances_annotations.length - cut),
    }),
    positive: call.LUHF === "luhf",
    fold: random.below(folds),
  }));
  const models = Array.from({ length: folds }, (_, fold) => fit(examples.filter((example) => example.fold !== fold)));
  return examples.map(({ features, positive, fold }, cluster) => ({
    score: scoreOf(models[fold] as Model, features),
    positive,
    cluster,
  }));
};
