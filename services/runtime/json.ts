// JSON as our commands write it.

/** A Buffer turns itself into an object before a replacer sees it, so the value is taken from its holder. */
function withBase64(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const given = this[name];
  return given instanceof Uint8Array ? Buffer.from(given).toString("base64") : value;
}

/** One line of JSON; byte fields as base64. */
export const toJson = (value: unknown): string => JSON.stringify(value, withBase64);
