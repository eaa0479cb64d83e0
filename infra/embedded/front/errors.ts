// ClickHouse's exceptions as its HTTP interface reports them: code, status, text.

export class ServerException extends Error {
  override readonly name = "ServerException";
  readonly code: number;
  constructor(code: number, type: string, message: string) {
    super(`Code: ${String(code)}. DB::Exception: ${message}. (${type})`);
    this.code = code;
  }
}

/** Status by exception code, as `exceptionCodeToHTTPStatus` in the server's source; every other code is 500. */
const codesByStatus: readonly (readonly [status: number, codes: readonly number[]])[] = [
  [401, [194]],
  [403, [192, 193, 516, 701]],
  [
    400,
    [
      6, 7, 25, 26, 27, 36, 38, 41, 43, 50, 52, 53, 62, 69, 72, 117, 167, 168, 321, 427, 441, 488, 492, 493, 494, 676,
      677,
    ],
  ],
  [404, [46, 47, 56, 60, 63, 73, 81, 115, 183, 277, 511]],
  [408, [159]],
  [413, [307]],
  [501, [48]],
  [503, [76, 209, 210, 439]],
];
const statusByCode = new Map(codesByStatus.flatMap(([status, codes]) => codes.map((code) => [code, status] as const)));

export const statusOf = (code: number): number => statusByCode.get(code) ?? 500;

/** The engine repeats `Code: N. DB::Exception: ` for each layer that an exception crossed; once is enough. */
export const describeError = (error: unknown): { code: number; text: string } => {
  const message = error instanceof Error ? error.message : String(error);
  const match = /^(?:Code: (\d+)\. DB::Exception: )+/.exec(message);
  if (match?.[1] === undefined) return { code: 1001, text: `Code: 1001. DB::Exception: ${message}. (STD_EXCEPTION)` };
  return { code: Number(match[1]), text: `Code: ${match[1]}. DB::Exception: ${message.slice(match[0].length)}` };
};
