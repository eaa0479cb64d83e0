// The description of the API, made of the table that the server itself works from.
import { z } from "zod";
import type { Endpoint } from "./endpoints.ts";
import { problemType } from "./problem.ts";

type Json = Readonly<Record<string, unknown>>;

const schemaOf = (shape: z.ZodType, io: "input" | "output"): Json => {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io }) as Json;
  return schema;
};

const problems: Readonly<Record<number, string>> = {
  400: "the body is not JSON",
  401: "no token, or nobody's",
  403: "the token lacks the scope",
  404: "there is none, or it is another tenant's",
  409: "the act does not fit the incident's state",
  422: "the body or the query is not as described; errors names the fields",
  429: "too many requests; Retry-After says when to ask again",
};

const problemSchema: Json = {
  type: "object",
  required: ["type", "title", "status", "detail"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["field", "why"],
        properties: { field: { type: "string" }, why: { type: "string" } },
      },
    },
  },
};

const problemAnswers: Json = Object.fromEntries(
  Object.entries(problems).map(([status, description]) => [
    status,
    { description, content: { [problemType]: { schema: { $ref: "#/components/schemas/Problem" } } } },
  ]),
);

const pathParameters = (path: string): readonly Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));

const queryParameters = ({ query }: Endpoint): readonly Json[] => {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(query, "input") as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
};

const idempotency: Json = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "the same key for the same act: it is done once, however often it is asked for",
  schema: { type: "string", maxLength: 256 },
};

const operationOf = (endpoint: Endpoint): Json => {
  const { id, summary, scope, body, answers, path } = endpoint;
  const isAct = path.startsWith("/incidents/") && body !== undefined;
  return {
    operationId: id,
    summary,
    security: [{ token: [] }],
    "x-scope": scope,
    parameters: [...pathParameters(path), ...queryParameters(endpoint), ...(isAct ? [idempotency] : [])],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: schemaOf(body, "input") } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description, shape }]) => [
          status,
          shape === undefined
            ? { description }
            : { description, content: { "application/json": { schema: schemaOf(shape, "output") } } },
        ]),
      ),
      ...problemAnswers,
    },
  };
};

export const describeApi = (endpoints: readonly Endpoint[], version: string): Json => {
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of endpoints) {
    const at = (paths[endpoint.path] ??= {});
    at[endpoint.method.toLowerCase()] = operationOf(endpoint);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Earshot alerter",
      version,
      description: "Incidents, what was told to whom, and what people do about them. Times are ISO 8601 in UTC.",
    },
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
};
