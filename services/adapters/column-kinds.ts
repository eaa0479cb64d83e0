// ClickHouse column types as the landed tables use them: which values fit, and what an absent one becomes.

/** `hot`: a string in a dictionary. `time`: epoch milliseconds. `strings`: an array of them. */
export type ColumnKind = "string" | "hot" | "integer" | "float" | "bool" | "time" | "strings";

export interface ColumnType {
  readonly type: string;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  /** Of integers and times: size in bytes and bounds. */
  readonly bytes: number;
  readonly min: number;
  readonly max: number;
}

const nullable = /^Nullable\((.*)\)$/;

const kindOf = (bare: string): ColumnKind => {
  if (bare === "String") return "string";
  if (bare === "LowCardinality(String)") return "hot";
  if (bare === "Array(String)") return "strings";
  if (bare === "Bool") return "bool";
  if (bare === "Float64") return "float";
  if (bare === "DateTime64(3, 'UTC')") return "time";
  if (/^U?Int(8|16|32|64)$/.test(bare)) return "integer";
  throw new Error(`no column of the landed tables has the type ${bare}`);
};

/** 1900 to 2299, what DateTime64 can hold. */
const times = { bytes: 8, min: Date.UTC(1900, 0), max: Date.UTC(2300, 0) - 1 };

const boundsOf = (bare: string): Pick<ColumnType, "bytes" | "min" | "max"> => {
  if (kindOf(bare) === "time") return times;
  const [, unsigned, bits] = /^(U?)Int(\d+)$/.exec(bare) ?? [];
  if (bits === undefined) return { bytes: 8, min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };
  const top = Math.min(Number.MAX_SAFE_INTEGER, 2 ** (Number(bits) - (unsigned === "U" ? 0 : 1)) - 1);
  return {
    bytes: Number(bits) / 8,
    min: unsigned === "U" ? 0 : Math.max(Number.MIN_SAFE_INTEGER, -top - 1),
    max: top,
  };
};

export const parseColumnType = (type: string): ColumnType => {
  const inner = nullable.exec(type)?.[1];
  const bare = inner ?? type;
  return { type, kind: kindOf(bare), nullable: inner !== undefined, ...boundsOf(bare) };
};

/** What null and undefined become where the column is not Nullable. */
export const defaultOf = ({ kind, nullable: mayBeNull }: ColumnType): unknown => {
  if (mayBeNull) return null;
  switch (kind) {
    case "string":
    case "hot":
      return "";
    case "strings":
      return [];
    case "bool":
      return false;
    default:
      return 0;
  }
};

/** Whether a value that is neither null nor undefined can be stored without becoming another. */
export const fits = ({ kind, min, max }: ColumnType, value: unknown): boolean => {
  switch (kind) {
    case "string":
    case "hot":
      return typeof value === "string";
    case "integer":
    case "time":
      return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
    case "float":
      return typeof value === "number";
    case "bool":
      return typeof value === "boolean";
    default:
      return Array.isArray(value) && value.every((item) => typeof item === "string");
  }
};
