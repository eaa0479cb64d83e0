// Finds slots by hash in a few bytes each: an open-addressed table of slot numbers, where a map would hold every name a second time.

export interface SlotIndex {
  /** The slot of this hash for which `isIt` holds; undefined: there is none. */
  find(hash: number, isIt: (slot: number) => boolean): number | undefined;
  /** A slot stands under one hash at a time. */
  add(hash: number, slot: number): void;
  remove(slot: number): void;
}

const firstCapacity = 1_024;
/** Fuller than this, chains grow long. */
const fullest = 0.6;
const empty = 0;

/** Whether an entry whose home is `home` may stand at `place` when nothing stands at `hole`: home is not between the two. */
const staysBehind = (hole: number, home: number, place: number): boolean =>
  hole <= place ? hole < home && home <= place : hole < home || home <= place;

export const createSlotIndex = (): SlotIndex => {
  /** Slot + 1, at its hash or, where that place is taken, at one after it. */
  let table = new Uint32Array(firstCapacity);
  let hashes = new Uint32Array(firstCapacity);
  let size = 0;

  const after = (place: number): number => (place + 1) & (table.length - 1);
  const homeOf = (slot: number): number => (hashes[slot] ?? 0) & (table.length - 1);
  const entryAt = (place: number): number => table[place] ?? empty;

  const put = (slot: number): void => {
    let place = homeOf(slot);
    while (entryAt(place) !== empty) place = after(place);
    table[place] = slot + 1;
  };

  const grow = (): void => {
    const entries = table;
    table = new Uint32Array(2 * entries.length);
    for (const entry of entries) if (entry !== empty) put(entry - 1);
  };

  return {
    find(hash, isIt) {
      for (let place = hash & (table.length - 1); ; place = after(place)) {
        const entry = entryAt(place);
        if (entry === empty) return undefined;
        if (hashes[entry - 1] === hash && isIt(entry - 1)) return entry - 1;
      }
    },

    add(hash, slot) {
      if (size + 1 > fullest * table.length) grow();
      if (slot >= hashes.length) {
        const larger = new Uint32Array(Math.max(2 * hashes.length, slot + 1));
        larger.set(hashes);
        hashes = larger;
      }
      hashes[slot] = hash;
      put(slot);
      size += 1;
    },

    remove(slot) {
      let hole = homeOf(slot);
      while (entryAt(hole) !== slot + 1) {
        if (entryAt(hole) === empty) return;
        hole = after(hole);
      }
      // What follows moves up, so that no search ends at the hole too early.
      for (let place = after(hole); entryAt(place) !== empty; place = after(place)) {
        if (staysBehind(hole, homeOf(entryAt(place) - 1), place)) continue;
        table[hole] = entryAt(place);
        hole = place;
      }
      table[hole] = empty;
      size -= 1;
    },
  };
};
