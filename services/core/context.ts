// Where an event happened and which prompt, model and release answered: the hot fields, one shared object for equal values.
import type { InteractionRecord } from "#schemas/generated/records.ts";

export const contextFields = [
  "feature",
  "segment",
  "tier",
  "device",
  "locale",
  "app_version",
  "utc_offset_min",
] as const satisfies readonly (keyof InteractionRecord)[];

export const provenanceFields = [
  "prompt_name",
  "prompt_version",
  "model",
  "model_version",
  "release",
] as const satisfies readonly (keyof InteractionRecord)[];

export type ContextValues = Readonly<Pick<InteractionRecord, (typeof contextFields)[number]>>;
export type ProvenanceValues = Readonly<Pick<InteractionRecord, (typeof provenanceFields)[number]>>;

/** Values with their spelling, which is equal exactly when the values are. */
export type Context = ContextValues & { readonly key: string };
export type Provenance = ProvenanceValues & { readonly key: string };

const filled = (value: string | null | undefined): string | null =>
  value === undefined || value === "" ? null : value;

/** One part of a key: its length first, so that no two lists of parts read alike. */
const part = (value: string | null): string => (value === null ? "-" : `${value.length}:${value}`);

/** How many different values are kept for sharing; above it sharing starts afresh, which costs memory and nothing else. */
const poolLimit = 20_000;

const createPool = <T extends { readonly key: string }>() => {
  const known = new Map<string, T>();
  return (key: string, make: () => T): T => {
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= poolLimit) known.clear();
    const made = make();
    known.set(key, made);
    return made;
  };
};

/** Makes contexts and provenances; equal values nearly always give the same object. */
export interface Contexts {
  /** `like`: one that is probably equal, tried first. */
  context(values: ContextValues, like: Context | undefined): Context;
  provenance(values: ProvenanceValues): Provenance;
  /** `own` with its gaps filled from `earlier`. */
  fill(own: Context, earlier: Context): Context;
}

const sameContext = (a: Context, b: ContextValues): boolean =>
  a.feature === filled(b.feature) &&
  a.segment === filled(b.segment) &&
  a.tier === filled(b.tier) &&
  a.device === filled(b.device) &&
  a.locale === filled(b.locale) &&
  a.app_version === filled(b.app_version) &&
  a.utc_offset_min === (b.utc_offset_min ?? null);

export const createContexts = (): Contexts => {
  const contexts = createPool<Context>();
  const provenances = createPool<Provenance>();

  const context = (values: ContextValues, like: Context | undefined): Context => {
    if (like !== undefined && sameContext(like, values)) return like;
    const feature = filled(values.feature);
    const segment = filled(values.segment);
    const tier = filled(values.tier);
    const device = filled(values.device);
    const locale = filled(values.locale);
    const version = filled(values.app_version);
    const offset = values.utc_offset_min ?? null;
    const key = `${part(feature)}${part(segment)}${part(tier)}${part(device)}${part(locale)}${part(version)}${offset ?? "-"}`;
    return contexts(key, () => ({
      key,
      feature,
      segment,
      tier,
      device,
      locale,
      app_version: version,
      utc_offset_min: offset,
    }));
  };

  return {
    context,
    provenance(values) {
      const name = filled(values.prompt_name);
      const version = filled(values.prompt_version);
      const model = filled(values.model);
      const modelVersion = filled(values.model_version);
      const release = filled(values.release);
      const key = `${part(name)}${part(version)}${part(model)}${part(modelVersion)}${part(release)}`;
      return provenances(key, () => ({
        key,
        prompt_name: name,
        prompt_version: version,
        model,
        model_version: modelVersion,
        release,
      }));
    },
    fill(own, earlier) {
      if (own === earlier) return own;
      return context(
        {
          feature: own.feature ?? earlier.feature,
          segment: own.segment ?? earlier.segment,
          tier: own.tier ?? earlier.tier,
          device: own.device ?? earlier.device,
          locale: own.locale ?? earlier.locale,
          app_version: own.app_version ?? earlier.app_version,
          utc_offset_min: own.utc_offset_min ?? earlier.utc_offset_min,
        },
        earlier,
      );
    },
  };
};
