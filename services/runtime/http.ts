// The small HTTP port of every service: /livez, /readyz, /metrics.
import { fastify } from "fastify";
import { AppError } from "./errors.ts";
import type { HealthReport, HealthState } from "./health.ts";
import type { Metrics } from "./metrics.ts";

export interface HttpPort extends AsyncDisposable {
  /** The actual port, also where 0 was asked for. */
  readonly port: number;
}

interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly health: HealthState;
  readonly metrics: Metrics;
}

export const openHttp = async ({ host, port, health, metrics }: HttpOptions): Promise<HttpPort> => {
  // Idle keep-alive connections of a scraper must not hold up the stop.
  const app = fastify({ forceCloseConnections: true });
  const answer = (path: string, report: () => HealthReport) =>
    app.get(path, (_request, reply) => {
      const found = report();
      return reply.code(found.ok ? 200 : 503).send(found);
    });
  answer("/livez", () => health.liveness());
  answer("/readyz", () => health.readiness());
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()));

  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new AppError("config", `Cannot listen on ${host}:${port}`, {
      cause,
      cure: "Set EARSHOT_HTTP_PORT to a free port, or to 0 for any.",
    });
  }
  const address = app.server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    [Symbol.asyncDispose]: () => app.close(),
  };
};
