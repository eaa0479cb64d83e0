// JSON logs by Pino: one structured line an event, never user text.
import { destination, type LevelWithSilent, type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";
import { AppError, toError } from "./errors.ts";

interface LogMethod {
  (fields: object, message: string): void;
  (message: string): void;
}

/** Fields first, then a constant message, so that lines can be counted by message. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  child(fields: object): Logger;
}

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const satisfies readonly LevelWithSilent[];

interface ErrorShape {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly cure?: string;
  readonly stack?: string | undefined;
  readonly cause?: ErrorShape;
}

const shapeOf = (thrown: unknown, depth = 0): ErrorShape => {
  const error = toError(thrown);
  return {
    name: error.name,
    ...(error instanceof AppError ? { code: error.code } : {}),
    message: error.message,
    ...(error instanceof AppError && error.cure !== undefined ? { cure: error.cure } : {}),
    // Only bugs need the place, and one stack is enough; an AppError's code says it.
    ...(depth === 0 && !(error instanceof AppError) ? { stack: error.stack } : {}),
    ...(error.cause === undefined || depth > 4 ? {} : { cause: shapeOf(error.cause, depth + 1) }),
  };
};

/** A net under the rule "never user text": should a whole record be logged, these go missing rather than leak. */
const neverLogged = ["text", "*.text", "record", "*.record", "comment", "*.comment", "password", "*.password"];

export interface LoggerOptions {
  readonly name: string;
  readonly level: (typeof logLevels)[number];
  /** Services write to stdout, commands to stderr, where data owns stdout. */
  readonly to: "stdout" | "stderr";
}

/** Writes synchronously: what is logged before an exit is on its way before the exit. */
export const createLogger = ({ name, level, to }: LoggerOptions): Logger => {
  const options = {
    level,
    base: { service: name },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: shapeOf },
    redact: { paths: neverLogged, remove: true },
  };
  return pino(options, destination({ dest: to === "stdout" ? 1 : 2, sync: true })) satisfies PinoLogger;
};

/** Says nothing; for tests and offline work. */
export const silentLogger: Logger = pino({ enabled: false });
