// Judges consumer groups by what they committed: lag, stalls, watermarks, crash loops.
import { type Metadata, parseMetadata } from "#detector/metadata.ts";
import { count, type Finding, ok, unknown, wrong } from "./finding.ts";

/** One partition of one topic as a group stands in it. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number | null;
  readonly metadata: string;
  readonly start: number;
  readonly end: number;
  /** First offset appended within the last half minute: what lies before it should be done. */
  readonly recent: number;
}

export interface GroupView {
  readonly service: "detector" | "lander" | "alerter";
  readonly members: number;
  /** Now and a little earlier, in the same order. */
  readonly places: readonly Place[];
  readonly earlier: readonly Place[];
}

const lagOf = ({ committed, start, end }: Place): number => end - (committed ?? start);

const nameOf = ({ topic, partition }: Place): string => `${topic}:${partition}`;

/** The worst few, so that a line stays a line. */
const worst = <T>(items: readonly T[], weight: (item: T) => number, tell: (item: T) => string): string => {
  const shown = items.toSorted((a, b) => weight(b) - weight(a)).slice(0, 4);
  const more = items.length - shown.length;
  return shown.map(tell).join(", ") + (more > 0 ? `, and ${more} more` : "");
};

const judgeMembers = ({ service, members }: GroupView): Finding =>
  members > 0
    ? ok(`${service} runs`, `${members} in its group`)
    : wrong(`${service} runs`, "nobody is in its group", `Start it: npm start -- ${service}`);

const judgeLag = ({ service, places }: GroupView, maxLag: number): Finding => {
  const check = `lag of the ${service}`;
  const behind = places.filter((place) => lagOf(place) > maxLag);
  if (behind.length === 0) return ok(check, `at most ${count(Math.max(0, ...places.map(lagOf)))} records behind`);
  return wrong(
    check,
    worst(behind, lagOf, (place) => `${nameOf(place)} is ${count(lagOf(place))} behind`),
    `Is it growing? Start more of them, up to one per partition, or see where a ${service}'s time goes in its /metrics.`,
  );
};

const judgeStalls = ({ service, members, places, earlier }: GroupView): Finding => {
  const check = `${service} moves`;
  if (members === 0) return unknown(check, "it does not run");
  const stuck = places.filter((place, index) => {
    const { committed, start, recent } = place;
    return (committed ?? start) < recent && earlier[index]?.committed === committed;
  });
  if (stuck.length === 0) return ok(check, "no partition stands still with records waiting");
  return wrong(
    check,
    `standing still: ${worst(stuck, lagOf, (place) => `${nameOf(place)} at ${place.committed ?? "its start"}`)}`,
    "Its /readyz says what it waits for, and its log why.",
  );
};

export const judgeGroup = (view: GroupView, { maxLag }: { readonly maxLag: number }): readonly Finding[] => [
  judgeMembers(view),
  judgeLag(view, maxLag),
  judgeStalls(view),
];

/** Alerting can be left out: where it never ran, that is said and nothing more. */
export const judgeAlerter = (view: GroupView, limits: { readonly maxLag: number }): readonly Finding[] => {
  const neverRan = view.members === 0 && view.places.every(({ committed }) => committed === null);
  return neverRan
    ? [ok("alerter runs", "never started here, so nobody is told of incidents: npm start -- alerter")]
    : judgeGroup(view, limits);
};

interface Read {
  readonly place: Place;
  readonly metadata: Metadata;
}

const judgeWatermarks = (read: readonly Read[], now: number, maxAge: number): Finding => {
  const check = "watermark age";
  const ages = read.flatMap(({ place, metadata: { watermark } }) =>
    watermark === undefined ? [] : [{ place, seconds: Math.round((now - watermark) / 1000) }],
  );
  if (ages.length === 0) return unknown(check, "no partition has a watermark yet");
  const old = ages.filter(({ seconds }) => seconds * 1000 > maxAge);
  if (old.length === 0) return ok(check, `at most ${Math.max(...ages.map(({ seconds }) => seconds))} s`);
  return wrong(
    check,
    worst(
      old,
      ({ seconds }) => seconds,
      ({ place, seconds }) => `${nameOf(place)} stands at ${count(seconds)} s ago`,
    ),
    "With no lag: the ticker does not run (npm start -- ticker). With lag: the detector is behind.",
  );
};

/** As the detector has it: from so many on it tries records out first. */
const manyTries = 3;

const judgeLoops = (read: readonly Read[]): Finding => {
  const check = "crash loops";
  const looping = read.filter(({ metadata: { tries } }) => tries >= manyTries);
  const deadly = read.flatMap(({ place, metadata: { skip } }) => skip.map((offset) => `${nameOf(place)}:${offset}`));
  if (looping.length > 0)
    return wrong(
      check,
      worst(
        looping,
        ({ metadata }) => metadata.tries,
        ({ place, metadata }) => `${nameOf(place)} was restored ${metadata.tries} times without progress`,
      ),
      "The detector's log says how it ended; records at fault are found and skipped by themselves.",
    );
  if (deadly.length > 0)
    return wrong(
      check,
      `stepped over, because they kill their reader: ${deadly.slice(0, 4).join(", ")}`,
      "They are kept on rejects with the reason kills_reader: npm run query -- rejects-by-reason",
    );
  return ok(check, "none");
};

/** What the detector's commit metadata tells. */
export const judgeDetectorState = (
  places: readonly Place[],
  { now, maxAge }: { readonly now: number; readonly maxAge: number },
): readonly Finding[] => {
  const read = places.map((place) => ({ place, metadata: parseMetadata(place.metadata) }));
  return [judgeWatermarks(read, now, maxAge), judgeLoops(read)];
};
