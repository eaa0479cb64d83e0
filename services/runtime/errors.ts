// Infrastructure failures as one error type with a stable code; the table of codes is their documentation.

interface Code {
  /** What happened, for the reference. */
  readonly meaning: string;
  /** Process exit code when it ends a service or command: 1 failed, 2 bad configuration or usage. */
  readonly exit: 1 | 2;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
}

export const errorCodes = {
  config: { meaning: "environment variables are missing or wrong; all mistakes are listed", exit: 2, retryable: false },
  usage: { meaning: "a command was called with wrong arguments", exit: 2, retryable: false },
  missing_topic: { meaning: "a topic does not exist", exit: 2, retryable: false },
  topic_mismatch: { meaning: "a topic has other partitions or settings than the table", exit: 2, retryable: false },
  missing_table: { meaning: "a ClickHouse table, view or column does not exist", exit: 2, retryable: false },
  store_mismatch: {
    meaning: "a setting or table of ClickHouse is not as Earshot needs it, or its version knows too little",
    exit: 2,
    retryable: false,
  },
  row_refused: { meaning: "a row does not fit its ClickHouse table", exit: 1, retryable: false },
  migration: { meaning: "a migration was changed after it ran, or failed", exit: 1, retryable: false },
  schema_missing: { meaning: "a schema of ours is not registered", exit: 2, retryable: false },
  schema_incompatible: { meaning: "a schema change would break readers of old records", exit: 1, retryable: false },
  forbidden: { meaning: "credentials or rights are refused", exit: 2, retryable: false },
  broker_unavailable: { meaning: "Kafka does not answer", exit: 1, retryable: true },
  fenced: { meaning: "another process owns the partition now", exit: 1, retryable: false },
  refused: { meaning: "Kafka will never take this record: it is too large or not allowed", exit: 1, retryable: false },
  registry_unavailable: { meaning: "the schema registry does not answer", exit: 1, retryable: true },
  store_unavailable: { meaning: "ClickHouse does not answer", exit: 1, retryable: true },
  position_refused: {
    meaning: "a committed position does not fit the log or the landed rows; somebody moved it",
    exit: 1,
    retryable: false,
  },
  stalled: { meaning: "a heartbeat went stale: the process does no work any more", exit: 1, retryable: false },
  stop_deadline: { meaning: "the orderly stop took longer than its deadline", exit: 1, retryable: false },
  failed: { meaning: "the command did its work and something in it failed", exit: 1, retryable: false },
} as const satisfies Readonly<Record<string, Code>>;

export type ErrorCode = keyof typeof errorCodes;

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** Overrides the code's own answer. */
  readonly retryable?: boolean;
  /** What the reader should do now, as a sentence. */
  readonly cure?: string;
}

export class AppError extends Error {
  override readonly name: string = "AppError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly cure: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? errorCodes[code].retryable;
    this.cure = options.cure;
  }
}

/** Anything thrown, as an Error. */
export const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** 2 for bad configuration or usage, else 1. */
export const exitCodeOf = (thrown: unknown): 1 | 2 => (thrown instanceof AppError ? errorCodes[thrown.code].exit : 1);

/** The message with its causes and the cure, for people: "no topic x (cause: …). Run: npm run topics". */
export const describeError = (thrown: unknown): string => {
  const error = toError(thrown);
  const causes: string[] = [];
  for (let cause = error.cause; cause !== undefined && causes.length < 5; cause = toError(cause).cause) {
    const { message } = toError(cause);
    // Many a message repeats its cause's.
    if (!error.message.includes(message)) causes.push(message);
  }
  const because = causes.length === 0 ? "" : ` (cause: ${causes.join("; ")})`;
  const cure = error instanceof AppError && error.cure !== undefined ? `\n${error.cure}` : "";
  return `${error.message}${because}${cure}`;
};
