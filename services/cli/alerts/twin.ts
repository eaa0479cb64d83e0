// The alerter's offline twin: tallies and changes of files through the service's own fold, one per partition, in event time.
import { type AlertFoldOptions, createAlertFold, defaultAlertSettings } from "#core/alerts/alert-fold.ts";
import type { AlertFold, Control } from "#core/alerts/alert-port.ts";
import { controlRecord } from "#core/alerts/control-record.ts";
import type { RuleSet } from "#core/alerts/rules.ts";
import type { ChangeRecord, IncidentRecord } from "#schemas/generated/records.ts";
import type { TallyLine } from "#schemas/tally-json.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;

/** How long late tallies are waited for where the log has no progress records: the grace of the detector. */
const grace = 10 * minute;
/** A minute further ahead of its record's append time than this is wrong, and moves nothing. */
const tolerance = 5 * minute;

/** A minute further ahead of all others than this is believed when it is followed by what lies a grace later. */
const leapLength = hour;
/** Where progress tells the time, tallies may lead it by more. */
const leapOfProgress = week;
/** Lines kept until they are believed, at most. */
const mostHeld = 100_000;

type Held = Omit<TallyLine, "partition">;

/** A version as the fold knows it: `detector_id@version:config_hash`. */
const isIdentity = (text: string | null): text is string => text !== null && /^[^@]*@[^:]*:.*$/.test(text);

export interface TwinOptions {
  readonly rules: RuleSet;
  /** Joined to the log by their time. */
  readonly changes: readonly ChangeRecord[];
  /** Takes every transition, in the order in which it was decided. */
  readonly take: (transition: IncidentRecord) => void;
  /** Tests hand in one that only listens. */
  readonly openFold?: (options: AlertFoldOptions) => AlertFold;
}

export interface Twin {
  add(line: TallyLine): void;
  /** Decides the last bins, up to a minute behind the newest tally's beginning, where no progress record says how far the log is complete. */
  finish(): void;
  /** By reason. */
  rejected(): ReadonlyMap<string, number>;
}

/** One partition. Its clock: progress records where it has any, else the newest minute less the grace. */
const createPart = (partition: number, { rules, changes, take, openFold = createAlertFold }: TwinOptions) => {
  const fold: AlertFold = openFold({ partition, rules, settings: defaultAlertSettings });
  let hasProgress = false;
  let newest = Number.NEGATIVE_INFINITY;
  /** Lines that leap ahead, kept until what follows says whether time did: wrong ones must not age all others. */
  let held: Held[] = [];
  let nextChange = 0;
  let lastOffset = 0;

  const drain = (): void => {
    for (const transition of fold.drain()) take(transition);
  };

  const addControl = (tenant: string, at: number, control: Control): void => {
    fold.add(controlRecord(tenant, at, control), lastOffset, at);
  };

  const addChangesUntil = (at: number): void => {
    for (; nextChange < changes.length; nextChange += 1) {
      const change = changes[nextChange];
      if (change === undefined || change.ts > at) return;
      const { change_id: id, tenant, ts, kind, to } = change;
      // The fold takes the first version of a signal for announced; every later one needs such a change.
      if (kind === "detector" && isIdentity(to)) addControl(tenant, ts, { kind, id, identities: [to] });
      addControl(tenant, ts, { kind: "change", id, change });
    }
  };

  const advance = (to: number): void => {
    if (hasProgress) return;
    fold.advance(to);
    drain();
  };

  /** Moves the clock to a tally's minute. */
  const reach = (at: number): void => {
    if (at <= newest) return;
    newest = at;
    addChangesUntil(newest);
    advance(newest - grace);
  };

  const addSound = ({ record, offset, appendedAt }: Held): void => {
    reach(record.minute);
    // Without an append time a tally came when its minute was over.
    fold.add(record, offset, appendedAt ?? record.minute + minute);
  };

  /** For the fold to refuse: it came when the others did. */
  const addWrong = ({ record, offset, appendedAt }: Held): void => {
    fold.add(record, offset, appendedAt ?? newest + minute);
  };

  const release = (add: (line: Held) => void): void => {
    const lines = held;
    held = [];
    for (const line of lines) add(line);
  };

  const leapsFrom = (from: number, at: number): boolean => at > from + (hasProgress ? leapOfProgress : leapLength);

  const hold = (line: Held): void => {
    const { minute: at } = line.record;
    const from = held[0]?.record.minute ?? at;
    // What leaps less far than those before shows that they were wrong; another leap, as in sparse traffic, that they were not.
    if (at < from - grace) release(addWrong);
    else if (leapsFrom(from, at)) release(addSound);
    held.push(line);
    const isFollowed = at >= from + grace || held.length > mostHeld;
    if (isFollowed && !leapsFrom(from, at)) release(addSound);
  };

  const addTally = (line: Held): void => {
    const { record, appendedAt } = line;
    if (appendedAt !== null && record.minute > appendedAt + tolerance) return addWrong(line);
    if (newest !== Number.NEGATIVE_INFINITY && leapsFrom(newest, record.minute)) return hold(line);
    release(addWrong);
    addSound(line);
  };

  /** Progress comes after what it reaches. */
  const releaseUntil = (watermark: number): void => {
    release((line) => (line.record.minute <= watermark ? addSound(line) : addWrong(line)));
  };

  return {
    fold,
    add({ record, offset, appendedAt }: TallyLine): void {
      lastOffset = offset;
      if (!record.signal_type.startsWith("~")) return addTally({ record, offset, appendedAt });
      if (record.signal_type === "~progress") {
        const watermark = record.watermark ?? Number.NEGATIVE_INFINITY;
        hasProgress = true;
        releaseUntil(watermark);
        addChangesUntil(watermark);
      }
      fold.add(record, offset, appendedAt ?? Math.max(0, newest));
      drain();
    },
    finish(): void {
      // Nothing follows that could be aged: only what is alone and far ahead is likelier wrong than the end of sparse traffic.
      const minutes = new Set(held.map(({ record }) => record.minute));
      release(minutes.size > 1 || !held.some(({ record }) => record.minute > newest + day) ? addSound : addWrong);
      if (Number.isFinite(newest)) {
        addChangesUntil(newest + minute);
        advance(newest + minute);
      }
      drain();
    },
  };
};

export const createTwin = (options: TwinOptions): Twin => {
  const inTime = { ...options, changes: options.changes.toSorted((a, b) => a.ts - b.ts) };
  const parts = new Map<number, ReturnType<typeof createPart>>();

  const partOf = (partition: number): ReturnType<typeof createPart> => {
    const known = parts.get(partition);
    if (known !== undefined) return known;
    const part = createPart(partition, inTime);
    parts.set(partition, part);
    return part;
  };

  return {
    add: (line) => partOf(line.partition).add(line),
    finish() {
      for (const [, part] of [...parts].toSorted(([a], [b]) => a - b)) part.finish();
    },
    rejected() {
      const sum = new Map<string, number>();
      for (const { fold } of parts.values())
        for (const [reason, count] of fold.meters().rejected) sum.set(reason, (sum.get(reason) ?? 0) + count);
      return sum;
    },
  };
};
