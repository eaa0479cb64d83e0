// The alerter's offline twin: tallies and changes of files through the service's own fold, one per partition, in event time.
import { type AlertFoldOptions, createAlertFold, defaultAlertSettings } from "#core/alerts/alert-fold.ts";
import type { AlertFold, Control } from "#core/alerts/alert-port.ts";
import { controlRecord } from "#core/alerts/control-record.ts";
import type { RuleSet } from "#core/alerts/rules.ts";
import type { ChangeRecord, IncidentRecord, TallyRecord } from "#schemas/generated/records.ts";
import type { TallyLine } from "#schemas/tally-json.ts";

const minute = 60_000;
const week = 7 * 24 * 60 * minute;

/** How long late tallies are waited for where the log has no progress records: the grace of the detector. */
const grace = 10 * minute;
/** A minute further ahead of its record's append time than this is wrong, and moves nothing. */
const tolerance = 5 * minute;

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
  /** A minute more than a week ahead: believed when the next one is too, for one wrong line must not age all others. */
  let leap: number | undefined;
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

  /** Moves the clock to a tally's minute; whether the minute can be believed. */
  const reach = (at: number): boolean => {
    const leaps = at > newest + week && newest !== Number.NEGATIVE_INFINITY;
    const before = leap;
    leap = leaps ? at : undefined;
    if (leaps && before === undefined) return false;
    if (at <= newest) return true;
    newest = leaps ? Math.min(at, before ?? at) : at;
    leap = undefined;
    addChangesUntil(newest);
    advance(newest - grace);
    return true;
  };

  const addTally = (record: TallyRecord, offset: number, appendedAt: number | null): void => {
    const isSound = (appendedAt === null || record.minute <= appendedAt + tolerance) && reach(record.minute);
    // Without an append time a tally came when its minute was over.
    const appended = appendedAt ?? (isSound ? record.minute : newest) + minute;
    fold.add(record, offset, appended);
  };

  return {
    fold,
    add({ record, offset, appendedAt }: TallyLine): void {
      lastOffset = offset;
      if (!record.signal_type.startsWith("~")) return addTally(record, offset, appendedAt);
      if (record.signal_type === "~progress") {
        hasProgress = true;
        addChangesUntil(record.watermark ?? Number.NEGATIVE_INFINITY);
      }
      fold.add(record, offset, appendedAt ?? Math.max(0, newest));
      drain();
    },
    finish(): void {
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
