// An index of when sessions want to wake: a heap over slots. The truth is in `set`; entries in the heap may be stale.

export interface Deadlines {
  /** Replaces the slot's earlier deadline; Infinity: none. */
  set(slot: number, at: number): void;
  /** All slots with the earliest deadline, in no order, if it is not after `until`; it is taken out. Empty: none is due. */
  pop(until: number): readonly number[];
  /** The earliest entry's time, stale ones included; Infinity: nothing to wait for. */
  readonly next: number;
}

const firstCapacity = 1_024;

const never = Number.POSITIVE_INFINITY;
const none: readonly number[] = [];

type Times = Float64Array<ArrayBuffer>;

const grown = (array: Times, fill: number): Times => {
  const larger = new Float64Array(array.length * 2).fill(fill, array.length);
  larger.set(array);
  return larger;
};

export const createDeadlines = (): Deadlines => {
  /** Per slot: when it wants to wake, and at which time it stands in the heap. */
  let wanted = new Float64Array(firstCapacity).fill(never);
  let queued = new Float64Array(firstCapacity).fill(never);
  let times = new Float64Array(firstCapacity);
  let slots = new Uint32Array(firstCapacity);
  let size = 0;

  const timeAt = (index: number): number => (index < size ? (times[index] ?? never) : never);
  const slotAt = (index: number): number => slots[index] ?? 0;
  const place = (index: number, time: number, slot: number): void => {
    times[index] = time;
    slots[index] = slot;
  };

  const push = (time: number, slot: number): void => {
    if (size === times.length) {
      times = grown(times, 0);
      const larger = new Uint32Array(times.length);
      larger.set(slots);
      slots = larger;
    }
    let index = size;
    size += 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (time >= timeAt(parent)) break;
      place(index, timeAt(parent), slotAt(parent));
      index = parent;
    }
    place(index, time, slot);
  };

  const removeTop = (): void => {
    const time = timeAt(size - 1);
    const slot = slotAt(size - 1);
    size -= 1;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (timeAt(child + 1) < timeAt(child)) child += 1;
      if (time <= timeAt(child)) break;
      place(index, timeAt(child), slotAt(child));
      index = child;
    }
    place(index, time, slot);
  };

  /** Takes out all entries of the earliest time; those whose deadline has moved are put back where it is now. */
  const takeAt = (time: number): readonly number[] => {
    const due: number[] = [];
    while (timeAt(0) === time) {
      const slot = slotAt(0);
      removeTop();
      if (queued[slot] !== time) continue;
      const at = wanted[slot] ?? never;
      queued[slot] = at > time ? at : never;
      if (at > time && at < never) push(at, slot);
      if (at > time) continue;
      wanted[slot] = never;
      due.push(slot);
    }
    return due;
  };

  return {
    get next() {
      return timeAt(0);
    },

    set(slot, at) {
      while (slot >= wanted.length) {
        wanted = grown(wanted, never);
        queued = grown(queued, never);
      }
      wanted[slot] = at;
      // A later deadline needs no new entry: the one that stands there is put back when it comes up.
      if (at >= (queued[slot] ?? never)) return;
      queued[slot] = at;
      push(at, slot);
    },

    pop(until) {
      for (;;) {
        const time = timeAt(0);
        if (time === never || time > until) return none;
        const due = takeAt(time);
        if (due.length > 0) return due;
      }
    },
  };
};
