// The HTTP port for people's acts: tokens, limits and answers around the table of endpoints.
import { type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { z } from "zod";
import { AppError, toError } from "#runtime/errors.ts";
import type { Logger } from "#runtime/logger.ts";
import { createAllowance } from "./allowance.ts";
import { type Answer, type ApiPorts, createEndpoints, type Endpoint } from "./endpoints.ts";
import { describeApi } from "./openapi.ts";
import { Problem, problemBody, problemType } from "./problem.ts";
import type { Bearer, Tokens } from "./tokens.ts";

export interface ApiOptions extends ApiPorts {
  readonly tokens: () => Tokens;
  /** Requests a minute of one token, and of one address without a valid one. */
  readonly rate: number;
  readonly failures: number;
  readonly version: string;
  readonly log: Logger;
  readonly meter: { answered(endpoint: string, status: number): void };
}

const bodyLimit = 64 * 1024;
const maxKey = 256;
/** A request that has not come whole by then keeps no connection, ms. */
const slowest = 30_000;

const tokenOf = (header: string | undefined): string | undefined =>
  /^Bearer ([\w.~+/=-]{1,512})$/i.exec(header ?? "")?.[1];

const readAs = (schema: z.ZodType | undefined, value: unknown): Readonly<Record<string, unknown>> => {
  if (schema === undefined) return {};
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data as Readonly<Record<string, unknown>>;
  const mistakes = parsed.error.issues.map(({ path, message }) => ({ field: path.join("."), why: message }));
  throw new Problem(422, "The request is not as described", { mistakes });
};

const keyOf = ({ headers }: FastifyRequest): string | undefined => {
  const key = headers["idempotency-key"];
  if (typeof key !== "string" || key === "") return undefined;
  if (key.length > maxKey)
    throw new Problem(422, "The Idempotency-Key is too long", {
      mistakes: [{ field: "Idempotency-Key", why: `at most ${maxKey} characters` }],
    });
  return key;
};

/** What went wrong, as an answer; anything unforeseen is logged and told to nobody. */
const toProblem = (error: unknown, log: Logger): Problem => {
  if (error instanceof Problem) return error;
  const { statusCode: status } = error as { readonly statusCode?: number };
  if (status !== undefined && status >= 400 && status < 500) return new Problem(status, toError(error).message);
  log.error({ error: toError(error) }, "a request failed");
  return new Problem(500, "The request failed; the log says why");
};

const refuse = (reply: FastifyReply, problem: Problem): FastifyReply => {
  if (problem.status === 401) void reply.header("www-authenticate", "Bearer");
  if (problem.retryAfter !== undefined) void reply.header("retry-after", String(problem.retryAfter));
  return reply.code(problem.status).type(problemType).send(problemBody(problem));
};

export const createApi = (options: ApiOptions) => {
  const { tokens, log, now, meter } = options;
  const endpoints = createEndpoints(options);
  const description = describeApi(endpoints, options.version);
  const strangers = createAllowance(options.failures);
  const friends = createAllowance(options.rate);
  const app = fastify({
    forceCloseConnections: true,
    bodyLimit,
    requestTimeout: slowest,
    frameworkErrors: (error, _request, reply) => refuse(reply as FastifyReply, toProblem(error, log)),
  });

  const authenticate = ({ headers, ip }: FastifyRequest): Bearer => {
    const token = tokenOf(headers.authorization);
    const bearer = token === undefined ? undefined : tokens().find(token);
    if (bearer === undefined) {
      const wait = strangers.take(ip, now());
      if (wait !== undefined) throw new Problem(429, "Too many requests without a valid token", { retryAfter: wait });
      throw new Problem(401, "Send a valid token: Authorization: Bearer …");
    }
    const wait = friends.take(bearer.id, now());
    if (wait !== undefined) throw new Problem(429, "Too many requests with this token", { retryAfter: wait });
    return bearer;
  };

  /** Before the body is read: a stranger's is not worth it. */
  const bearers = new WeakMap<FastifyRequest, Bearer>();
  const admit = (endpoint: Endpoint, request: FastifyRequest): void => {
    const bearer = authenticate(request);
    if (!bearer.scopes.includes(endpoint.scope)) throw new Problem(403, `The token lacks the scope ${endpoint.scope}`);
    bearers.set(request, bearer);
  };

  const serve = (endpoint: Endpoint, request: FastifyRequest): Promise<Answer> => {
    const bearer = bearers.get(request);
    if (bearer === undefined) throw new Error("a request was served that nobody admitted");
    return endpoint.handle({
      bearer,
      params: request.params as Readonly<Record<string, string>>,
      query: readAs(endpoint.query, request.query),
      body: readAs(endpoint.body, request.body),
      idempotencyKey: keyOf(request),
    });
  };

  for (const endpoint of endpoints)
    app.route({
      method: endpoint.method,
      url: endpoint.path.replaceAll(/\{(\w+)\}/g, ":$1"),
      onRequest: async (request) => admit(endpoint, request),
      handler: async (request, reply) => {
        const { status, body } = await serve(endpoint, request);
        meter.answered(endpoint.id, status);
        return reply.code(status).header("cache-control", "no-store").send(body);
      },
      errorHandler: (error, _request, reply) => {
        const problem = toProblem(error, log);
        meter.answered(endpoint.id, problem.status);
        return refuse(reply, problem);
      },
    });
  app.get("/openapi.json", () => description);
  app.setErrorHandler((error, _request, reply) => refuse(reply, toProblem(error, log)));
  app.setNotFoundHandler((_request, reply) => refuse(reply, new Problem(404, "GET /openapi.json lists what there is")));
  return app;
};

export interface ApiServer extends AsyncDisposable {
  readonly port: number;
}

export const openApi = async (
  options: ApiOptions & { readonly host: string; readonly port: number },
): Promise<ApiServer> => {
  const { host, port } = options;
  const app = createApi(options);
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new AppError("config", `Cannot listen on ${host}:${port}`, {
      cause,
      cure: "Set EARSHOT_ALERT_API_PORT to a free port, or to 0 for any.",
    });
  }
  const address = app.server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    [Symbol.asyncDispose]: () => app.close(),
  };
};
