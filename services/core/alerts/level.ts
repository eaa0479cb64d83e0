// When what was an alarm is over, or has lasted so long that it is what is normal now.
import { baselineWidth, lagBins } from "./baseline.ts";
import { binsPerDay, storedBins } from "./bins.ts";
import type { Bin } from "./book-port.ts";
import { evidenceWidth } from "./e-process.ts";
import type { Places } from "./places.ts";
import type { SeriesState } from "./series.ts";
import { countsOver } from "./sums.ts";

/** Evidence begins anew; days that spoke for a slow rise go on counting, since a sudden end of a slow rise is none. */
export const restartSlice = (state: SeriesState, id: number): void => {
  state.evidence.fill(0, id * evidenceWidth, (id + 1) * evidenceWidth);
  state.cusum[id] = 0;
  state.alarmedFor[id] = 0;
};

/** Today and yesterday become normal; days before are no reference any more. */
export const relevelSlice = (state: SeriesState, places: Places, id: number, bin: Bin): void => {
  const past = state.past[id] ?? null;
  const { x, n } = countsOver(state, id, bin, past === null ? storedBins : 2 * binsPerDay);
  if (n > 0) {
    state.base[id * baselineWidth] = x;
    state.base[id * baselineWidth + 1] = n;
  }
  if (past !== null) {
    past.days.fill(0);
    past.run = [];
  }
  for (const cell of places.cells)
    if (cell?.slices.includes(id) === true) state.groundBase.fill(0, 2 * cell.ground, 2 * cell.ground + 2);
  restartSlice(state, id);
};

/** Above its threshold for so long without an incident: it is the new normal, not news. */
const longestAlarm = 3 * binsPerDay;

/** Bins in which a slice alarms do not reach its baseline, also before or without an incident. */
export const noteAlarm = (
  state: SeriesState,
  places: Places,
  id: number,
  { bin, alarms }: { readonly bin: Bin; readonly alarms: boolean },
): void => {
  const end = state.frozenTo[id] ?? -1;
  const isHeld = end === Number.POSITIVE_INFINITY;
  state.alarmedFor[id] = alarms && !isHeld ? (state.alarmedFor[id] ?? 0) + 1 : 0;
  if (!alarms || isHeld) return;
  if (end < bin - lagBins) state.frozenFrom[id] = bin;
  state.frozenTo[id] = bin + 1;
  if ((state.alarmedFor[id] ?? 0) > longestAlarm) relevelSlice(state, places, id, bin);
};
