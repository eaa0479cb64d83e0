// What a service promises of its life: order of opening and closing, readiness, failures, signals, exit codes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { duration, type SettingsDefinition, text } from "./config.ts";
import { AppError } from "./errors.ts";
import { silentLogger } from "./logger.ts";
import { run, type Service, type ServiceContext, service, startService } from "./service.ts";

const quiet = { EARSHOT_LOG_LEVEL: "silent" };

const disposable = (name: string, closed: string[]): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => void closed.push(name),
});

const get = async (port: number, path: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, body: await response.text() };
};

/** The process as `run` sees it, without a process: exits are thrown to end `run`. */
class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

const pretend = (env: Readonly<Record<string, string>> = quiet) => {
  const signals: ((signal: string) => void)[] = [];
  const said: string[] = [];
  return {
    said,
    signal: () => {
      for (const listener of signals) listener("SIGTERM");
    },
    port: {
      env,
      onSignal: (listener: (signal: string) => void) => void signals.push(listener),
      onCrash: () => undefined,
      complain: (message: string) => void said.push(message),
      exit: (code: number): never => {
        throw new Exit(code);
      },
    },
  };
};

const exitOf = async <D extends SettingsDefinition>(
  described: Service<D>,
  process: ReturnType<typeof pretend>,
  deadline?: number,
): Promise<number> => {
  const ended: unknown = await run(described, process.port, deadline).catch((thrown: unknown) => thrown);
  if (ended instanceof Exit) return ended.code;
  throw ended;
};

describe("startService", () => {
  test("opens in reading order, is ready, and closes in reverse order with the http port last", async () => {
    const closed: string[] = [];
    const described = service(
      "demo",
      { gap: duration("EARSHOT_GAP", { help: "x", default: "30m" }) },
      async (context) => {
        closed.push(`opened with ${context.settings.gap}`);
        context.own(disposable("broker", closed));
        context.own(disposable("consumer", closed));
      },
    );
    const running = await startService(described, { env: {}, log: silentLogger });
    expect((await get(running.port, "/livez")).status).toBe(200);
    expect(JSON.parse((await get(running.port, "/readyz")).body)).toEqual({ ok: true, phase: "ready", checks: [] });
    expect((await get(running.port, "/metrics")).body).toContain('earshot_build_info{service="demo"');
    await running[Symbol.asyncDispose]();
    expect(closed).toEqual(["opened with 1800000", "consumer", "broker"]);
    await expect(get(running.port, "/livez")).rejects.toThrow("fetch failed");
  });

  test("is alive but not ready while it starts", async () => {
    const opening = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    let port = 0;
    const log = {
      ...silentLogger,
      info: (fields: object | string) => void (port ||= (fields as { port: number }).port),
    };
    const described = service("demo", {}, async () => {
      entered.resolve();
      await opening.promise;
    });
    const starting = startService(described, { env: {}, log });
    await entered.promise;
    expect((await get(port, "/livez")).status).toBe(200);
    expect((await get(port, "/readyz")).status).toBe(503);
    opening.resolve();
    await using running = await starting;
    expect((await get(running.port, "/readyz")).status).toBe(200);
  });

  test("undoes a start that fails half-way, and passes the failure on", async () => {
    const closed: string[] = [];
    const described = service("demo", {}, async ({ own }) => {
      own(disposable("broker", closed));
      throw new AppError("missing_topic", "no topic x");
    });
    await expect(startService(described, { env: quiet })).rejects.toThrow("no topic x");
    expect(closed).toEqual(["broker"]);
  });

  test("closes everything although one close fails", async () => {
    const closed: string[] = [];
    const described = service("demo", {}, async ({ own }) => {
      own(disposable("broker", closed));
      own({ [Symbol.asyncDispose]: () => Promise.reject(new Error("stuck")) });
      own(disposable("consumer", closed));
    });
    const running = await startService(described, { env: quiet });
    await expect(running[Symbol.asyncDispose]()).rejects.toThrow("stuck");
    expect(closed).toEqual(["consumer", "broker"]);
  });

  test("says which port is taken, and what to do", async () => {
    await using first = await startService(
      service("first", {}, async () => undefined),
      { env: quiet },
    );
    const second = startService(
      service("second", {}, async () => undefined),
      {
        env: { ...quiet, EARSHOT_HTTP_PORT: String(first.port) },
      },
    );
    await expect(second).rejects.toMatchObject({
      code: "config",
      message: `Cannot listen on 127.0.0.1:${first.port}`,
      cure: expect.stringContaining("EARSHOT_HTTP_PORT") as unknown,
    });
  });

  test("tells mistakes in the service's settings and in those of every process together", async () => {
    const described = service("demo", { must: text("A_MUST", { help: "x" }) }, async () => undefined);
    const started = startService(described, { env: { EARSHOT_HTTP_PORT: "x" } });
    await expect(started).rejects.toThrow(/A_MUST[^]*EARSHOT_HTTP_PORT/);
  });
});

const until = (body: (context: ServiceContext<object>) => void) =>
  service("demo", {}, async (context) => body(context));

describe("run", () => {
  test("a signal stops in order and exits 0", async () => {
    const closed: string[] = [];
    const process = pretend();
    const described = until(({ own }) => {
      own(disposable("broker", closed));
      queueMicrotask(process.signal);
    });
    expect(await exitOf(described, process)).toBe(0);
    expect(closed).toEqual(["broker"]);
  });

  test("a failure stops in order and exits 1, one of configuration 2", async () => {
    const closed: string[] = [];
    const failing = (error: Error) =>
      until(({ own, fail }) => {
        own(disposable("broker", closed));
        queueMicrotask(() => fail(error));
      });
    expect(await exitOf(failing(new Error("consumer crashed")), pretend())).toBe(1);
    const process = pretend();
    const cure = "Run: npm run migrate";
    expect(await exitOf(failing(new AppError("missing_table", "no table x", { cure })), process)).toBe(2);
    expect(process.said).toEqual(["no table x\nRun: npm run migrate"]);
    expect(closed).toEqual(["broker", "broker"]);
  });

  test("wrong configuration exits 2 and says everything that is wrong", async () => {
    const process = pretend({ ...quiet, EARSHOT_HTTP_PORT: "x" });
    expect(
      await exitOf(
        until(() => undefined),
        process,
      ),
    ).toBe(2);
    expect(process.said.join()).toContain("EARSHOT_HTTP_PORT");
  });

  test("a signal during the start ends its waiting and exits 0", async () => {
    const process = pretend();
    const described = service("demo", {}, async ({ stopping }) => {
      queueMicrotask(process.signal);
      await new Promise((_, reject) => stopping.addEventListener("abort", () => reject(stopping.reason as Error)));
    });
    expect(await exitOf(described, process)).toBe(0);
  });

  test("a start that ignores the signal is given up at the deadline", async () => {
    const process = pretend();
    const described = service("demo", {}, async () => {
      queueMicrotask(process.signal);
      await Promise.withResolvers<void>().promise;
    });
    expect(await exitOf(described, process, 20)).toBe(1);
  });

  test("a failure during the start ends it, although the body waits for something else", async () => {
    const described = service("demo", {}, async ({ fail }) => {
      queueMicrotask(() => fail(new Error("consumer crashed")));
      await Promise.withResolvers<void>().promise;
    });
    expect(await exitOf(described, pretend())).toBe(1);
  });

  test("a failed start that cannot be undone is given up at the deadline, for its own reason", async () => {
    const process = pretend();
    const described = until(({ own }) => {
      own({ [Symbol.asyncDispose]: () => Promise.withResolvers<void>().promise });
      throw new AppError("missing_topic", "no topic x");
    });
    expect(await exitOf(described, process, 20)).toBe(2);
    expect(process.said).toEqual(["no topic x"]);
  });

  test("a stop that hangs is given up at the deadline, with exit 1", async () => {
    const process = pretend();
    const described = until(({ own }) => {
      own({ [Symbol.asyncDispose]: () => Promise.withResolvers<void>().promise });
      queueMicrotask(process.signal);
    });
    expect(await exitOf(described, process, 20)).toBe(1);
  });
});

/** A service in a process of its own, whose stop hangs until the second signal. */
const child = (body: string, env: Readonly<Record<string, string>> = {}) => {
  const code = `
    import { run, service } from "#runtime/service.ts";
    await run(service("demo", {}, async ({ own, log, fail }) => { ${body} }));`;
  const running = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = once(running, "exit");
  let written = "";
  running.stdout.on("data", (chunk: Buffer) => {
    written += chunk.toString();
  });
  /** Resolves when the log holds the text. */
  const logged = async (wanted: string): Promise<void> => {
    while (!written.includes(wanted)) await Promise.race([once(running.stdout, "data"), exit]);
  };
  return { running, logged, written: () => written, exit: async () => ((await exit) as [number | null])[0] };
};

describe.concurrent("a process", () => {
  test("exits although something keeps the event loop alive", async () => {
    const { running, logged, exit, written } = child("setInterval(() => {}, 1000);");
    await logged('"ready"');
    running.kill("SIGTERM");
    expect(await exit()).toBe(0);
    expect(written()).toMatch(/"port":\d+.*"msg":"http listening"/);
  });

  test("a second signal exits 1 at once, whatever hangs", async () => {
    const hang = 'own({ async [Symbol.asyncDispose]() { log.info("hanging"); await new Promise(() => {}); } });';
    const { running, logged, exit } = child(hang);
    await logged('"ready"');
    running.kill("SIGINT");
    await logged('"hanging"');
    running.kill("SIGINT");
    expect(await exit()).toBe(1);
  });

  test("a bug outside the body is logged with its stack and exits 1", async () => {
    const { exit, written } = child("setImmediate(() => { null.x; });");
    expect(await exit()).toBe(1);
    expect(written()).toMatch(/"name":"TypeError".*"stack":.*"msg":"crash: this is a bug"/);
  });
});
