// The API as a table: each request with what it takes, who may make it, and what is done. The server and its description come of it.
import { hash, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Act } from "#core/alerts/alert-port.ts";
import type { DeliveryRecord } from "#schemas/generated/records.ts";
import { type Action, actions, actOf, bodies, misfit } from "./acts.ts";
import type { Case, Ledger } from "./ledger.ts";
import { Problem } from "./problem.ts";
import { deliveryShape, incidentShape, showCase, showDelivery, showIncident, transitionShape } from "./shown.ts";
import type { Bearer, Scope } from "./tokens.ts";

export interface ApiPorts {
  readonly ledger: Ledger;
  /** Writes the act into the log of the incident's partition; resolves when it is acknowledged. */
  readonly writeAct: (found: Case, id: string, act: Act) => Promise<void>;
  readonly writeDelivery: (partition: number, record: DeliveryRecord) => Promise<void>;
  readonly now: () => number;
  /** How long an act may take until its transition is there, ms; then 202. */
  readonly patience: number;
  /** Ends the waiting. */
  readonly stopping: AbortSignal;
}

export interface Request {
  readonly bearer: Bearer;
  readonly params: Readonly<Record<string, string>>;
  /** As their schemas have read them. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: object;
}

export interface Endpoint {
  readonly method: "GET" | "POST";
  /** With {names}. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly scope: Scope;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Besides the problems that every request may get. */
  readonly answers: Readonly<Record<number, { readonly description: string; readonly shape?: z.ZodType }>>;
  readonly handle: (request: Request) => Promise<Answer>;
}

const maxPage = 500;

const limit = z.coerce.number().int().min(1).max(maxPage).default(100);

const incidentsQuery = z.strictObject({
  state: z
    .enum(["open", "acknowledged", "silenced", "resolved", "closed", "live"])
    .optional()
    .meta({ description: "live: all that are not over" }),
  tenant: z.string().optional(),
  since: z.iso.datetime({ offset: true }).optional().meta({ description: "opened at this time or later" }),
  limit,
  cursor: z.string().max(512).optional().meta({ description: "next_cursor of the page before" }),
});

const deliveriesQuery = z.strictObject({
  incident: z.string().optional(),
  destination: z.string().optional(),
  status: deliveryShape.shape.status.optional(),
  limit,
});

const redeliverBody = z.strictObject({
  destination: z
    .string()
    .regex(/^[\w.:/ -]{1,64}$/)
    .nullable()
    .default(null)
    .meta({ description: "name in the rules file; null: wherever it was to go" }),
});

const detailShape = incidentShape.extend({
  transitions: z.array(transitionShape),
  deliveries: z.array(deliveryShape),
});

const maySee = ({ tenants }: Bearer, tenant: string): boolean => tenants.includes("*") || tenants.includes(tenant);

const isLive = (state: string): boolean => state !== "resolved" && state !== "closed";

const writeCursor = ({ record: { opened_at: at, incident_id: id } }: Case): string =>
  Buffer.from(`${at}|${id}`).toString("base64url");

const readCursor = (text: string): readonly [number, string] => {
  const [at, id] = Buffer.from(text, "base64url").toString().split("|");
  if (!/^-?\d+$/.test(at ?? "") || id === undefined)
    throw new Problem(422, "The cursor is none of ours", {
      mistakes: [{ field: "cursor", why: "expected next_cursor" }],
    });
  return [Number(at), id];
};

/** The newest first; ties by id, so that pages neither overlap nor leave gaps. */
const byOpening = (a: Case, b: Case): number =>
  b.record.opened_at - a.record.opened_at || (a.record.incident_id < b.record.incident_id ? -1 : 1);

const isAfter = ({ record }: Case, [at, id]: readonly [number, string]): boolean =>
  record.opened_at < at || (record.opened_at === at && record.incident_id > id);

const listIncidents = ({ ledger }: ApiPorts, { bearer, query }: Request): Answer => {
  const { state, tenant, since, limit: most, cursor } = query as z.output<typeof incidentsQuery>;
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const from = since === undefined ? undefined : Date.parse(since);
  const found = [...ledger.cases()]
    .filter(({ record }) => maySee(bearer, record.tenant))
    .filter(({ record }) => tenant === undefined || record.tenant === tenant)
    .filter(({ record }) => state === undefined || (state === "live" ? isLive(record.state) : record.state === state))
    .filter(({ record }) => from === undefined || record.opened_at >= from)
    .filter((one) => after === undefined || isAfter(one, after))
    .toSorted(byOpening);
  const page = found.slice(0, most);
  const last = page.at(-1);
  const next = found.length > most && last !== undefined ? writeCursor(last) : null;
  return { status: 200, body: { incidents: page.map(({ record }) => showIncident(record)), next_cursor: next } };
};

const listDeliveries = ({ ledger }: ApiPorts, { bearer, query }: Request): Answer => {
  const { incident, destination, status, limit: most } = query as z.output<typeof deliveriesQuery>;
  const ofCases = [...ledger.cases()].flatMap(({ deliveries }) => [...deliveries.values()]);
  const ofGone = [...ledger.gone().values()].map(({ record }) => record);
  const found = [...ofCases, ...ofGone]
    .filter((record) => maySee(bearer, record.tenant))
    .filter((record) => incident === undefined || record.incident_id === incident)
    .filter((record) => destination === undefined || record.destination === destination)
    .filter((record) => status === undefined || record.status === status)
    .toSorted((a, b) => b.ts - a.ts);
  return { status: 200, body: { deliveries: found.slice(0, most).map(showDelivery) } };
};

/** Of another tenant, it does not exist. */
const findCase = ({ ledger }: ApiPorts, bearer: Bearer, id: string): Case => {
  const found = ledger.find(id);
  if (found === undefined || !maySee(bearer, found.record.tenant)) throw new Problem(404, `There is no incident ${id}`);
  return found;
};

/** The case once it holds the act's transition; undefined: not within the patience. */
const transitionOf = (
  { ledger, patience, stopping }: ApiPorts,
  incidentId: string,
  actId: string,
): Promise<Case | undefined> => {
  const { promise, resolve } = Promise.withResolvers<Case | undefined>();
  const look = (id: string): void => {
    if (id !== incidentId) return;
    const found = ledger.find(incidentId);
    if (found !== undefined && hasAct(found, actId)) resolve(found);
  };
  const stop = ledger.watch(look);
  const giveUp = (): void => resolve(undefined);
  const timer = setTimeout(giveUp, patience);
  stopping.addEventListener("abort", giveUp, { once: true });
  look(incidentId);
  return promise.finally(() => {
    stop();
    clearTimeout(timer);
    stopping.removeEventListener("abort", giveUp);
  });
};

const hasAct = ({ transitions }: Case, actId: string): boolean =>
  [...transitions.values()].some(({ act_id: id }) => id === actId);

/** The same key of the same person for the same act is the same act. */
const actIdOf = ({ bearer, idempotencyKey: key }: Request, incidentId: string, action: Action): string => {
  const about = key === undefined ? randomUUID() : `${bearer.id}|${incidentId}|${action}|${key}`;
  return `act_${hash("sha256", about, "hex").slice(0, 32)}`;
};

/** A day's keys would be plenty; a flood of them must not fill the memory. */
const maxKeys = 10_000;

const createKeys = () => {
  const bodyOf = new Map<string, string>();
  return {
    /** Throws when the key came with another body before. */
    check(actId: string, body: string): void {
      const before = bodyOf.get(actId);
      if (before !== undefined && before !== body)
        throw new Problem(422, "This Idempotency-Key came with another body before", {
          mistakes: [{ field: "Idempotency-Key", why: "one key, one request" }],
        });
      if (bodyOf.size >= maxKeys) bodyOf.clear();
      bodyOf.set(actId, body);
    },
  };
};

const actOn =
  (ports: ApiPorts, action: Action, keys: ReturnType<typeof createKeys>) =>
  async (request: Request): Promise<Answer> => {
    const { bearer, params, body } = request;
    const found = findCase(ports, bearer, params["id"] ?? "");
    const { incident_id: incidentId } = found.record;
    const actId = actIdOf(request, incidentId, action);
    if (request.idempotencyKey !== undefined) keys.check(actId, JSON.stringify(body));
    if (hasAct(found, actId)) return { status: 200, body: showCase(found) };

    const why = misfit(action, found.record);
    if (why !== undefined) throw new Problem(409, why);
    const now = ports.now();
    const act = actOf(action, body, { incidentId, actor: bearer.actor, at: now });
    if (act.until !== null && act.until <= now)
      throw new Problem(422, "The end of a silence must lie ahead", {
        mistakes: [{ field: "until", why: "expected a time to come" }],
      });
    await ports.writeAct(found, actId, act);
    const after = await transitionOf(ports, incidentId, actId);
    if (after === undefined) return { status: 202, body: { act_id: actId, incident_id: incidentId } };
    return { status: 200, body: showCase(after) };
  };

interface Standing {
  readonly partition: number;
  readonly record: DeliveryRecord;
}

/** Where a notification stands, and one that was never tried at the destination asked for. */
const standingsOf = ({ ledger, now }: ApiPorts, { bearer, params, body }: Request): readonly Standing[] => {
  const id = params["notification"] ?? "";
  const { destination } = body as z.output<typeof redeliverBody>;
  const cases = [...ledger.cases()].filter(({ record }) => maySee(bearer, record.tenant));
  const known: readonly Standing[] = [
    ...cases.flatMap(({ partition, deliveries }) => [...deliveries.values()].map((record) => ({ partition, record }))),
    ...[...ledger.gone().values()].filter(({ record }) => maySee(bearer, record.tenant)),
  ].filter(({ record }) => record.notification_id === id);
  const wanted = known.filter(({ record }) => destination === null || record.destination === destination);
  if (wanted.length > 0 || destination === null) return wanted;
  const owner = cases.find(({ notices }) => notices.some((notice) => notice.id === id));
  const notice = owner?.notices.find((one) => one.id === id);
  if (owner === undefined || notice === undefined) return [];
  const { record, partition } = owner;
  const fresh: DeliveryRecord = {
    incident_id: record.incident_id,
    notification_id: id,
    destination,
    tenant: record.tenant,
    kind: notice.kind,
    status: "requested",
    attempt: 0,
    ts: now(),
    rev: record.rev,
    next_at: null,
    http_status: null,
    code: null,
    duration_ms: null,
    body_sha256: null,
    accepted_at: null,
    actor: null,
  };
  return [{ partition, record: fresh }];
};

const redeliver = async (ports: ApiPorts, request: Request): Promise<Answer> => {
  const standings = standingsOf(ports, request);
  const id = request.params["notification"] ?? "";
  if (standings.length === 0)
    throw new Problem(
      404,
      `There is no notification ${id} that was sent or tried; name a destination for one that was not`,
    );
  for (const { partition, record } of standings)
    await ports.writeDelivery(partition, {
      ...record,
      status: "requested",
      ts: Math.max(ports.now(), record.ts + 1),
      next_at: null,
      accepted_at: null,
      actor: request.bearer.actor,
    });
  const destinations = standings.map(({ record }) => record.destination);
  return { status: 202, body: { notification_id: id, destinations } };
};

const acted = {
  200: { description: "done: the incident after it", shape: detailShape },
  202: {
    description:
      "taken, and not yet done after ten seconds; GET /incidents/{id} shows it among its transitions by act_id",
    shape: z.object({ act_id: z.string(), incident_id: z.string() }),
  },
} as const;

const actSummaries: Readonly<Record<Action, string>> = {
  ack: "Take an incident: reminders stop",
  silence: "Tell nobody until a time; evidence goes on",
  unsilence: "End a silence before its time",
  resolve: "End an incident, with the reason",
  postmortem: "Write down what was learnt; a later one replaces it",
  close: "Close a resolved incident that has a verdict and an eval case, or a reason for none",
};

export const createEndpoints = (ports: ApiPorts): readonly Endpoint[] => {
  const keys = createKeys();
  return [
    {
      method: "GET",
      path: "/incidents",
      id: "listIncidents",
      summary: "Incidents, the newest first",
      scope: "read",
      query: incidentsQuery,
      answers: {
        200: {
          description: "a page of them",
          shape: z.object({ incidents: z.array(incidentShape), next_cursor: z.string().nullable() }),
        },
      },
      handle: async (request) => listIncidents(ports, request),
    },
    {
      method: "GET",
      path: "/incidents/{id}",
      id: "readIncident",
      summary: "An incident with its transitions (who did what) and deliveries",
      scope: "read",
      answers: { 200: { description: "it", shape: detailShape } },
      handle: async ({ bearer, params }) => ({
        status: 200,
        body: showCase(findCase(ports, bearer, params["id"] ?? "")),
      }),
    },
    ...actions.map(
      (action): Endpoint => ({
        method: "POST",
        path: `/incidents/{id}/${action}`,
        id: `${action}Incident`,
        summary: actSummaries[action],
        scope: "act",
        body: bodies[action],
        answers: acted,
        handle: actOn(ports, action, keys),
      }),
    ),
    {
      method: "GET",
      path: "/deliveries",
      id: "listDeliveries",
      summary: "Where notifications stand, the newest first",
      scope: "read",
      query: deliveriesQuery,
      answers: { 200: { description: "them", shape: z.object({ deliveries: z.array(deliveryShape) }) } },
      handle: async (request) => listDeliveries(ports, request),
    },
    {
      method: "POST",
      path: "/deliveries/{notification}/redeliver",
      id: "redeliver",
      summary:
        "Send a notification again under the same id; for one that says a destination is gone: use the destination again",
      scope: "act",
      body: redeliverBody,
      answers: {
        202: {
          description: "it will be sent as soon as its destination can be reached",
          shape: z.object({ notification_id: z.string(), destinations: z.array(z.string()) }),
        },
      },
      handle: (request) => redeliver(ports, request),
    },
  ];
};
