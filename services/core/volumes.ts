// Accepted events per tenant and feature since the last flush: the alerter tells silence from a broken pipe by them.

/** Features of one tenant counted by name; a client that invents names ends up in `~other`. */
const maxFeatures = 200;
const other = "~other";
/** Stands for events without a feature. */
const unnamed = "";

export interface Volumes {
  add(tenant: string, feature: string | null): void;
  /** JSON {tenant: {feature: events}}, names sorted; null for none. Counting begins anew. */
  take(): string | null;
}

const sorted = <T>(counts: ReadonlyMap<string, T>): [string, T][] =>
  [...counts].toSorted((a, b) => (a[0] < b[0] ? -1 : 1));

/** Written by hand: an object would put names that look like numbers first. */
const toJson = <T>(counts: ReadonlyMap<string, T>, inner: (value: T) => string): string =>
  `{${sorted(counts)
    .map(([name, value]) => `${JSON.stringify(name)}:${inner(value)}`)
    .join(",")}}`;

export const createVolumes = (): Volumes => {
  let tenants = new Map<string, Map<string, number>>();
  return {
    add(tenant, feature) {
      let features = tenants.get(tenant);
      if (features === undefined) tenants.set(tenant, (features = new Map()));
      const name = feature ?? unnamed;
      const counted = features.has(name) || features.size < maxFeatures ? name : other;
      features.set(counted, (features.get(counted) ?? 0) + 1);
    },
    take() {
      if (tenants.size === 0) return null;
      const text = toJson(tenants, (features) => toJson(features, String));
      tenants = new Map();
      return text;
    },
  };
};
