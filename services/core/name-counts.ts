// How often by name, for counts that mostly know one name: the first needs no map, which would cost 200 B and as many nanoseconds.

export interface NameCounts {
  name: string;
  /** 0: taken back, the place is free. */
  count: number;
  more: Map<string, number> | null;
}

/** Adds to the count of a name; one that comes to 0 is as if it had never been there. */
export const addName = (counts: NameCounts | null, name: string, by: number): NameCounts => {
  if (counts === null) return { name, count: by, more: null };
  if (counts.name === name) {
    counts.count += by;
    return counts;
  }
  const before = counts.more?.get(name);
  if (before === undefined && counts.count === 0) {
    counts.name = name;
    counts.count = by;
    return counts;
  }
  const after = (before ?? 0) + by;
  counts.more ??= new Map();
  if (after === 0) counts.more.delete(name);
  else counts.more.set(name, after);
  return counts;
};

/** All names with their counts, in no order. */
export const namesIn = (counts: NameCounts): [string, number][] => {
  const own: [string, number][] = counts.count === 0 ? [] : [[counts.name, counts.count]];
  return counts.more === null ? own : [...own, ...counts.more];
};
