// A change as platform teams write it in JSON Lines, made into the record that Avro takes.
import { expectedTime, type Mistake, objectFrom, placeFields, timeFrom } from "./field-json.ts";
import { type ChangeRecord, changeFields, type TallyRecord } from "./generated/records.ts";

export const changeKinds = ["prompt", "model", "routing", "deploy", "flag", "rollback", "detector"] as const;

export type ChangeFromJson =
  | { readonly record: ChangeRecord }
  /** All that is wrong with it, in the order of the fields. */
  | { readonly mistakes: readonly Mistake[] };

/** What a slice may be named by. */
const dimensions: ReadonlySet<string> = new Set([
  "feature",
  "segment",
  "tier",
  "device",
  "locale",
  "app_version",
  "prompt_name",
  "prompt_version",
  "model",
  "model_version",
  "release",
] as const satisfies readonly (keyof TallyRecord)[]);

/** Room enough for a command or a URL; a change is shown to people on call, whose messages are short. */
const maxLength = 1024;

const known: ReadonlySet<string> = new Set([...changeFields, ...placeFields]);
const kinds: ReadonlySet<string> = new Set(changeKinds);

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** As values stand in the names of slices: what could be taken for a separator is percent-encoded, / and : are not. */
const canonical = (value: string): string =>
  encodeURIComponent(decode(value)).replaceAll("%2F", "/").replaceAll("%3A", ":");

/** `dim=value` sorted by name, joined by commas, values percent-encoded; or what is wrong. */
const scopeFrom = (text: string): { readonly scope: string } | { readonly why: string } => {
  if (text === "*") return { scope: text };
  const seen = new Set<string>();
  const pairs = text.split(",").map((part) => part.split("=").map((side) => side.trim()));
  for (const [name = "", value = "", ...more] of pairs) {
    if (value === "" || more.length > 0) return { why: "expected * or dimension=value, joined by commas" };
    if (!dimensions.has(name))
      return { why: `no dimension is called ${name}; there are ${[...dimensions].join(", ")}` };
    if (seen.has(name)) return { why: `${name} is there twice` };
    seen.add(name);
  }
  const parts = pairs.map(([name = "", value = ""]) => ({ name, value: canonical(value) }));
  const sorted = parts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { scope: sorted.map(({ name, value }) => `${name}=${value}`).join(",") };
};

const isWebAddress = (text: string): boolean =>
  URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol);

/** Reads one parsed line: `tenant` and `scope` default to `*`, `ts` is ISO 8601 or epoch ms, an empty text counts as missing. */
export const createChangeParser = (): ((line: unknown) => ChangeFromJson) => (line) => {
  const given = objectFrom(line);
  if (given === undefined) return { mistakes: [{ field: "", why: "not a JSON object" }] };
  const mistakes: Mistake[] = [];
  const wrong = (field: string, why: string): void => void mistakes.push({ field, why });

  const textOf = (field: keyof ChangeRecord): string | null => {
    const value = given[field];
    if (value === undefined || value === null || value === "") return null;
    if (typeof value !== "string") wrong(field, "expected a string");
    else if (value.length > maxLength) wrong(field, `longer than ${maxLength} characters`);
    else return value;
    return null;
  };
  const needed = (field: keyof ChangeRecord): string => {
    const before = mistakes.length;
    const text = textOf(field);
    if (text === null && mistakes.length === before) wrong(field, "missing");
    return text ?? "";
  };
  const timeOf = (): number => {
    const value = given["ts"];
    const time = timeFrom(value);
    if (time === undefined) wrong("ts", value === undefined || value === null ? "missing" : expectedTime);
    return time ?? 0;
  };
  const kindFrom = (): string => {
    const kind = needed("kind");
    if (kind !== "" && !kinds.has(kind))
      wrong("kind", `no kind is called ${kind}; there are ${changeKinds.join(", ")}`);
    return kind;
  };
  const scopeOf = (): string => {
    const read = scopeFrom(textOf("scope") ?? "*");
    if ("scope" in read) return read.scope;
    wrong("scope", read.why);
    return "*";
  };
  const addressOf = (): string | null => {
    const url = textOf("url");
    if (url !== null && !isWebAddress(url)) wrong("url", "expected an http or https address");
    return url;
  };

  const record: ChangeRecord = {
    change_id: needed("change_id"),
    ts: timeOf(),
    tenant: textOf("tenant") ?? "*",
    kind: kindFrom(),
    scope: scopeOf(),
    from: textOf("from"),
    to: textOf("to"),
    reverts: textOf("reverts"),
    rollback_ref: textOf("rollback_ref"),
    owner: textOf("owner"),
    url: addressOf(),
  };
  for (const name in given) if (!known.has(name)) wrong(name, "no such field");
  return mistakes.length === 0 ? { record } : { mistakes };
};
