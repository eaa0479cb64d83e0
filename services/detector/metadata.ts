// What the detector commits beside an offset: the facts a successor needs to rebuild exactly the state that stood there.
import { AppError } from "#runtime/errors.ts";

export interface Metadata {
  /** The watermark at the offset, epoch ms; undefined: none yet. */
  readonly watermark: number | undefined;
  /** Hash of the engine's settings, to notice a change. */
  readonly cfg: string | undefined;
  /** Per schema id the first offset whose record could be read with it; a record below was rejected and stays so. Undefined: nobody kept it. */
  readonly known: ReadonlyMap<number, number> | undefined;
  /** Offsets whose records kill the process that reads them. */
  readonly skip: readonly number[];
  /** Restores since the last progress. */
  readonly tries: number;
}

/** No detector of ours has committed here. */
export const noMetadata: Metadata = {
  watermark: undefined,
  cfg: undefined,
  known: undefined,
  skip: [],
  tries: 0,
};

/** The broker refuses 4,096 bytes (measured); a few are left for it. */
const maxBytes = 4_000;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isOffset = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const foreign = (text: string): AppError =>
  new AppError("position_refused", `The committed metadata is not a detector's: ${text.slice(0, 80)}`, {
    cure: "Another program commits in this consumer group; give one of them another EARSHOT_GROUP_PREFIX.",
  });

const parse = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value) && value["v"] === 1) return value;
  } catch {
    // Not JSON: refused below like any other foreign text.
  }
  throw foreign(text);
};

const isKnown = (value: unknown): value is Readonly<Record<string, number>> =>
  isObject(value) && Object.values(value).every(isOffset);

/** Absent keys mean nothing; anything but our own form is refused, for folding on from it would be a guess. */
export const parseMetadata = (text: string): Metadata => {
  if (text === "") return noMetadata;
  const { wm, cfg, known, skip = [], try: tries = 0 } = parse(text);
  if (
    !(wm === undefined || Number.isSafeInteger(wm)) ||
    !(known === undefined || isKnown(known)) ||
    !(Array.isArray(skip) && skip.every(isOffset)) ||
    !isOffset(tries)
  )
    throw foreign(text);
  return {
    watermark: wm as number | undefined,
    cfg: typeof cfg === "string" ? cfg : undefined,
    known: known === undefined ? undefined : new Map(Object.entries(known).map(([id, offset]) => [Number(id), offset])),
    skip,
    tries,
  };
};

export const formatMetadata = ({ watermark, cfg, known, skip, tries }: Metadata): string => {
  const text = JSON.stringify({
    v: 1,
    ...(watermark === undefined ? {} : { wm: watermark }),
    ...(cfg === undefined ? {} : { cfg }),
    ...(known === undefined ? {} : { known: Object.fromEntries(known) }),
    ...(skip.length === 0 ? {} : { skip }),
    ...(tries === 0 ? {} : { try: tries }),
  });
  if (text.length > maxBytes)
    throw new AppError("position_refused", `The commit metadata has ${text.length} bytes, ${maxBytes} are possible`, {
      cure: "Too many records that kill the process (skip) or schema ids (known): look at them before going on.",
    });
  return text;
};
