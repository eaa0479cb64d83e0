// Avro schemas as JSON, as far as lint and compatibility look into them.

export type AvroType = string | readonly AvroType[] | AvroObject;

export interface AvroField {
  readonly name: string;
  readonly type: AvroType;
  readonly doc?: string;
  readonly default?: unknown;
  readonly aliases?: readonly string[];
}

export interface AvroObject {
  readonly type: AvroType;
  readonly name?: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly logicalType?: string;
  readonly fields?: readonly AvroField[];
  readonly symbols?: readonly string[];
  readonly default?: unknown;
  readonly size?: number;
  readonly items?: AvroType;
  readonly values?: AvroType;
}

export const isUnion = (type: AvroType): type is readonly AvroType[] => Array.isArray(type);
export const isObject = (type: AvroType): type is AvroObject => typeof type === "object" && !Array.isArray(type);

/** The name of a type: `{type: "long", logicalType: …}` is a long. */
export const kindOf = (type: AvroType): string => {
  if (typeof type === "string") return type;
  if (isUnion(type)) return "union";
  return isObject(type) ? kindOf(type.type) : "";
};

/** For messages: `["null", "string"]`, `long`. */
export const spell = (type: AvroType): string =>
  isUnion(type) ? `[${type.map((branch) => `"${kindOf(branch)}"`).join(", ")}]` : kindOf(type);

/** One thing that is wrong, and where. */
export interface SchemaMistake {
  /** Empty: the record itself. */
  readonly field: string;
  readonly why: string;
}
