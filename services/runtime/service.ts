// A service: `service` describes it, `startService` brings it up, `run` lives it until a signal or a failure.
import { type Env, loadSettings, type SettingsDefinition, type SettingsOf } from "./config.ts";
import { AppError, describeError, exitCodeOf, toError } from "./errors.ts";
import { createHealth, type Health } from "./health.ts";
import { openHttp } from "./http.ts";
import { unknownVariables } from "./known-variables.ts";
import { createLogger, type Logger } from "./logger.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { announceReadiness } from "./readiness.ts";
import { httpSettings, logSettings } from "./shared-settings.ts";
import { codeVersion } from "./version.ts";
import { createWatchdog } from "./watchdog.ts";

export interface ServiceContext<S> {
  readonly settings: S;
  /** Closes `thing` when the service stops, in reverse order of opening, whatever else fails. */
  readonly own: <T extends Disposable | AsyncDisposable>(thing: T) => T;
  /** Ends the service: orderly stop, then exit 1 (2 for configuration). For use after the start, from callbacks. */
  readonly fail: (error: Error) => void;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  /** Aborts when the stop begins, so that what waits for an outage to end stops waiting. */
  readonly stopping: AbortSignal;
}

export interface Service<D extends SettingsDefinition = SettingsDefinition> {
  readonly name: string;
  readonly settings: D;
  /** Opens everything and returns; from then on the service is ready as soon as its checks hold. */
  readonly body: (context: ServiceContext<SettingsOf<D>>) => Promise<void>;
}

export const service = <D extends SettingsDefinition>(
  name: string,
  settings: D,
  body: Service<D>["body"],
): Service<D> => ({
  name,
  settings,
  body,
});

export interface RunningService extends AsyncDisposable {
  readonly port: number;
  readonly metrics: Metrics;
  /** Resolves when something called `fail`. */
  readonly failed: Promise<Error>;
}

interface StartOptions {
  readonly env: Env;
  /** Aborting it during the start makes the body give up. */
  readonly stop?: AbortSignal;
  readonly log?: Logger;
  /** For closing everything, ms. */
  readonly deadline?: number;
}

/** Kubernetes kills after 30 s: ours comes first and says what hung. */
const stopDeadline = 20_000;

const within = async <T>(work: PromiseLike<T>, ms: number): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new AppError("stop_deadline", `Not stopped after ${ms / 1000} s: exiting anyway`)),
    ms,
  );
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
};

/** The service's settings and those of every process, so that all mistakes are reported together. */
const loadAll = <D extends SettingsDefinition>(settings: D, env: Env) => {
  const everyProcess = { ...logSettings, ...httpSettings };
  loadSettings({ ...settings, ...everyProcess }, env);
  return { own: loadSettings(settings, env), process: loadSettings(everyProcess, env) };
};

/** Settings → log → HTTP (alive, not ready) → body → ready once every check holds. Disposing stops in reverse order. A failed start is undone whole. */
export const startService = async <D extends SettingsDefinition>(
  described: Service<D>,
  { env, stop, log: givenLog, deadline = stopDeadline }: StartOptions,
): Promise<RunningService> => {
  const { own: settings, process } = loadAll(described.settings, env);
  const log = givenLog ?? createLogger({ name: described.name, level: process.logLevel, to: "stdout" });
  for (const warning of unknownVariables(env)) log.warn(warning);

  const failure = Promise.withResolvers<Error>();
  const stopping = new AbortController();
  const giveUp = (): void => stopping.abort(new Error("the service is stopping"));
  const health = createHealth();
  const metrics = createMetrics(described.name);
  const opened = new AsyncDisposableStack();
  const close = async (): Promise<void> => {
    health.setPhase("stopping");
    giveUp();
    await within(opened.disposeAsync(), deadline);
  };

  try {
    const http = opened.use(await openHttp({ host: process.httpHost, port: process.httpPort, health, metrics }));
    log.info({ port: http.port, host: process.httpHost, version: codeVersion }, "http listening");
    opened.use(createWatchdog({ health, fail: failure.resolve }));
    stop?.addEventListener("abort", giveUp, { once: true });
    if (stop?.aborted === true) giveUp();
    const own = <T extends Disposable | AsyncDisposable>(thing: T): T => opened.use(thing);
    const context = { settings, own, fail: failure.resolve, log, metrics, health, stopping: stopping.signal };
    await Promise.race([described.body(context), failure.promise.then((error) => Promise.reject(error))]);
    opened.use(announceReadiness({ health, log }));
    return { port: http.port, metrics, failed: failure.promise, [Symbol.asyncDispose]: close };
  } catch (thrown) {
    await close().catch((error: unknown) => log.error({ error: toError(error) }, "the failed start was not undone"));
    throw thrown;
  }
};

/** What `run` needs of the process; tests hand in their own. */
export interface ProcessPort {
  readonly env: Env;
  /** Calls back on each SIGTERM or SIGINT. */
  onSignal(listener: (signal: string) => void): void;
  onCrash(listener: (error: Error) => void): void;
  /** A message for a person, on stderr. */
  complain(message: string): void;
  exit(code: number): never;
}

const thisProcess: ProcessPort = {
  env: process.env,
  onSignal: (listener) => {
    for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => listener(signal));
  },
  onCrash: (listener) => {
    process.on("uncaughtException", (error) => listener(error));
    process.on("unhandledRejection", (reason) => listener(toError(reason)));
  },
  complain: (message) => void process.stderr.write(`${message}\n`),
  exit: (code) => process.exit(code),
};

/**
 * Lives a service until SIGTERM, SIGINT or a failure, and exits explicitly: a kafkajs process that has disconnected everything
 * can stay alive for minutes. A second signal exits 1 at once. A bug (uncaught exception, unhandled rejection) is logged and
 * exits 1 without an orderly stop: nothing unfinished was committed, and the supervisor restarts.
 */
export const run = async <D extends SettingsDefinition>(
  described: Service<D>,
  port: ProcessPort = thisProcess,
  deadline = stopDeadline,
): Promise<never> => {
  const level = logSettings.logLevel.schema.safeParse(port.env["EARSHOT_LOG_LEVEL"] ?? "info").data ?? "info";
  const log = createLogger({ name: described.name, level, to: "stdout" });
  const stop = new AbortController();
  const asked = Promise.withResolvers<Error | undefined>();

  port.onSignal((signal) => {
    if (stop.signal.aborted) {
      log.warn({ signal }, "second signal: exiting at once");
      port.exit(1);
    }
    log.info({ signal }, "stopping");
    stop.abort();
    asked.resolve(undefined);
  });
  port.onCrash((error) => {
    log.error({ error }, "crash: this is a bug");
    port.exit(1);
  });

  const end = (error: Error | undefined): never => {
    if (error === undefined) {
      log.info("stopped");
      return port.exit(0);
    }
    // The log line is for machines; what a person must change is said in plain words too.
    log.error({ error }, "failed");
    if (exitCodeOf(error) === 2) port.complain(describeError(error));
    return port.exit(exitCodeOf(error));
  };

  const starting = startService(described, { env: port.env, stop: stop.signal, log, deadline });

  /** From the start to the stop; what went wrong on the way. */
  const live = async (): Promise<Error | undefined> => {
    let running: RunningService;
    try {
      // A start that does not heed the signal has as long as a stop.
      running = await Promise.race([starting, asked.promise.then(() => within(starting, deadline))]);
    } catch (thrown) {
      const error = toError(thrown);
      const heeded = stop.signal.aborted && !(error instanceof AppError && error.code === "stop_deadline");
      return heeded ? undefined : error;
    }
    const failure = await Promise.race([asked.promise, running.failed]);
    if (failure !== undefined) log.error({ error: failure }, "stopping because of a failure");
    try {
      await running[Symbol.asyncDispose]();
      return failure;
    } catch (thrown) {
      log.error({ error: toError(thrown) }, "the stop was not clean");
      return failure ?? toError(thrown);
    }
  };
  return end(await live());
};
