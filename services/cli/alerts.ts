// npm run alerts: rules checked and tried on history, incidents acted on, tokens made, destinations tested.
import { readFileSync } from "node:fs";
import { openSender } from "#adapters/webhook/sender.ts";
import { loadRulesFile } from "#alerter/rules-file.ts";
import { type CommandContext, command, execute } from "#runtime/command.ts";
import { needed, type SettingsOf, secret, url } from "#runtime/config.ts";
import { AppError } from "#runtime/errors.ts";
import { nearest } from "#runtime/nearest.ts";
import { parseDuration } from "#runtime/units.ts";
import { type ApiRequest, callApi } from "./alerts/api.ts";
import { checkRules } from "./alerts/check.ts";
import { historySummary, replayHistory } from "./alerts/history.ts";
import { openTallyLog, readChanges } from "./alerts/log.ts";
import { testDelivery } from "./alerts/send-test.ts";
import { createToken } from "./alerts/token.ts";

const settings = {
  apiUrl: url("EARSHOT_ALERT_API_URL", { optional: true, help: "where the alerter's API answers" }),
  token: secret("EARSHOT_ALERT_TOKEN", { optional: true, help: "token for the alerter's API" }),
};

const options = {
  in: { flags: "--in <file>", help: "test: tallies as JSON Lines, - for standard input" },
  changes: { flags: "--changes <file>", help: "test: what was changed and when, as JSON Lines" },
  secrets: { flags: "--secrets", help: "check: secrets must be there too, as where the alerter runs" },
  reason: { flags: "--reason <text>", help: "of an act: why" },
  until: { flags: "--until <when>", help: "silence: its end, as 2h or 2026-03-01T12:00:00Z" },
  fields: { flags: "--fields <file>", help: "postmortem: its fields as a JSON file" },
  state: { flags: "--state <name>", help: "list: only incidents in this state" },
  destination: { flags: "--destination <name>", help: "redeliver: only there, also where it was never tried" },
  tenants: { flags: "--tenants <names>", help: "token: tenants by comma, * for all" },
  scopes: { flags: "--scopes <names>", help: "token: read, act or both by comma", default: "read" },
} as const;

type Context = CommandContext<SettingsOf<typeof settings>, typeof options>;

const wrongUse = (message: string): AppError =>
  new AppError("usage", message, { cure: "npm run alerts -- --help shows what is possible." });

/** The argument behind the action's name. */
const argument = ({ args }: Context, at: number, what: string): string => {
  const given = args[at];
  if (given === undefined) throw wrongUse(`${args[0]} lacks ${what}`);
  return given;
};

const check = async (context: Context): Promise<number> => {
  const name = argument(context, 1, "the FILE with the rules");
  const { secrets } = context.options;
  await checkRules({ file: context.path(name), name, env: context.env, secrets }, context);
  return 0;
};

const test = async (context: Context): Promise<number> => {
  const name = argument(context, 1, "the FILE with the rules");
  const { options: chosen, path, out, say } = context;
  if (chosen.in === undefined) throw wrongUse("test lacks --in <file> with tallies");
  const { rules } = loadRulesFile(path(name), { file: name, env: {}, secrets: "optional" });
  const changes = await readChanges(chosen.changes, context);
  const log = openTallyLog(chosen.in, context);
  const history = await replayHistory(log, { rules, changes });
  await out.table(history.rows);
  say(historySummary(history));
  return log.counts.bad === 0 ? 0 : 1;
};

const ask = (context: Context, request: ApiRequest): Promise<unknown> => {
  const { settings: given, stopping } = context;
  const access = { url: needed(settings.apiUrl, given.apiUrl), token: needed(settings.token, given.token) };
  return callApi({ ...access, stopping }, request);
};

/** An incident of the list, in the columns that people scan. */
const listed = (incident: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    ["incident_id", "state", "severity", "class", "tenant", "signal_type", "slice", "ratio", "opened_at"].map(
      (field) => [field, incident[field] ?? null],
    ),
  );

/** Every page of the list. */
const allIncidents = async (context: Context): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const { state } = context.options;
  const found: Readonly<Record<string, unknown>>[] = [];
  const query = new URLSearchParams({ limit: "500", ...(state === undefined ? {} : { state }) });
  for (;;) {
    const answer = await ask(context, { method: "GET", path: `/incidents?${query.toString()}` });
    const { incidents, next_cursor: next } = answer as {
      readonly incidents: readonly Readonly<Record<string, unknown>>[];
      readonly next_cursor: string | null;
    };
    found.push(...incidents);
    if (next === null) return found;
    query.set("cursor", next);
  }
};

const list = async (context: Context): Promise<number> => {
  const { out, say } = context;
  const incidents = await allIncidents(context);
  if (incidents.length === 0) say("No incident.");
  else await out.table(out.json ? incidents : incidents.map(listed));
  return 0;
};

const show = async (context: Context): Promise<number> => {
  const id = argument(context, 1, "the ID of an incident");
  const answer = await ask(context, { method: "GET", path: `/incidents/${encodeURIComponent(id)}` });
  await context.out.write(`${JSON.stringify(answer ?? null, null, context.out.json ? 0 : 2)}\n`);
  return 0;
};

/** A delivery of the log, in the columns that people scan. */
const logged = (delivery: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    ["ts", "notification_id", "kind", "destination", "status", "attempt", "code", "next_at"].map((field) => [
      field,
      delivery[field] ?? null,
    ]),
  );

const deliveries = async (context: Context): Promise<number> => {
  const { args, out, say } = context;
  const [, incident] = args;
  const query = new URLSearchParams({ limit: "500", ...(incident === undefined ? {} : { incident }) });
  const answer = await ask(context, { method: "GET", path: `/deliveries?${query.toString()}` });
  const found = (answer as { readonly deliveries: readonly Readonly<Record<string, unknown>>[] }).deliveries;
  if (found.length === 0) say("No delivery.");
  else await out.table(out.json ? found : found.map(logged));
  return 0;
};

/** Epoch ms of `2h` from now, or of a time with its zone. */
const endOf = (text: string | undefined, now: number): number => {
  const span = text === undefined ? undefined : parseDuration(text);
  const at = span === undefined ? Date.parse(text ?? "") : now + span;
  if (Number.isNaN(at) || at <= now)
    throw wrongUse("silence needs --until with a time to come, as 2h or 2026-03-01T12:00:00Z");
  return at;
};

const postmortemFields = ({ options: { fields }, path }: Context): unknown => {
  if (fields === undefined) throw wrongUse("postmortem lacks --fields <file>");
  try {
    return JSON.parse(readFileSync(path(fields), "utf8")) as unknown;
  } catch (cause) {
    throw new AppError("usage", `Cannot read ${fields} as JSON`, { cause });
  }
};

const reasonOrNone = ({ options: { reason } }: Context) => ({ reason: reason ?? null });

const bodies: Readonly<Record<string, (context: Context) => unknown>> = {
  ack: reasonOrNone,
  unsilence: reasonOrNone,
  close: reasonOrNone,
  silence: ({ options: { reason, until } }) => {
    if (reason === undefined) throw wrongUse("silence needs --reason");
    return { reason, until: new Date(endOf(until, Date.now())).toISOString() };
  },
  resolve: ({ options: { reason } }) => {
    if (reason === undefined) throw wrongUse("resolve needs --reason");
    return { reason };
  },
  postmortem: postmortemFields,
};

const act = async (context: Context): Promise<number> => {
  const [action = ""] = context.args;
  const id = argument(context, 1, "the ID of an incident");
  const body = bodies[action]?.(context);
  const answer = await ask(context, { method: "POST", path: `/incidents/${encodeURIComponent(id)}/${action}`, body });
  await context.out.write(`${JSON.stringify(answer ?? null)}\n`);
  return 0;
};

const redeliver = async (context: Context): Promise<number> => {
  const id = argument(context, 1, "the ID of a notification, ntf_…");
  const answer = await ask(context, {
    method: "POST",
    path: `/deliveries/${encodeURIComponent(id)}/redeliver`,
    body: { destination: context.options.destination ?? null },
  });
  await context.out.write(`${JSON.stringify(answer ?? null)}\n`);
  return 0;
};

const token = async (context: Context): Promise<number> => {
  const actor = argument(context, 1, "the ACTOR that will use it");
  const { tenants = "", scopes } = context.options;
  const made = createToken({ actor, tenants, scopes });
  if ("mistake" in made) throw wrongUse(made.mistake);
  context.say(`The token, which cannot be shown again:\n\n  ${made.token}\n\nThe line for the file of tokens:\n`);
  await context.out.write(`${made.line}\n`);
  return 0;
};

const sendTest = async (context: Context): Promise<number> => {
  const name = argument(context, 1, "the DESTINATION");
  const file = argument(context, 2, "the FILE with the rules");
  const { delivery } = loadRulesFile(context.path(file), { file, env: context.env, secrets: "required" });
  const destination = delivery.destinations.find((one) => one.name === name);
  if (destination === undefined) {
    const known = delivery.destinations.map((one) => one.name);
    const near = nearest(name, known, 2);
    throw wrongUse(
      `There is no destination ${name}; ${file} has ${(near.length > 0 ? near : known).join(", ") || "none"}`,
    );
  }
  const sender = context.own(openSender());
  const sent = testDelivery(destination, Date.now());
  const attempt = await sender.send(sent, context.stopping);
  const { outcome, status, code, durationMs } = attempt;
  const answer = status === null ? code : `${status} ${code}`;
  context.say(`${sent.notificationId} to ${name}: ${outcome} (${answer}) after ${Math.round(durationMs)} ms`);
  return outcome === "accepted" ? 0 : 1;
};

const actions: Readonly<Record<string, (context: Context) => Promise<number>>> = {
  check,
  test,
  list,
  show,
  deliveries,
  ack: act,
  silence: act,
  unsilence: act,
  resolve: act,
  postmortem: act,
  close: act,
  redeliver,
  token,
  "send-test": sendTest,
};

export const alerts = command({
  name: "alerts",
  summary: [
    "Rules, incidents and destinations of alerting:",
    "  check FILE                  explains the rules in FILE, or lists all of their mistakes",
    "  test FILE --in TALLIES      lists the incidents that these rules would have opened",
    "  list                        incidents, by the alerter's API",
    "  ack|silence|unsilence|resolve|postmortem|close ID",
    "  show ID                     one incident, with who did what and who was told",
    "  deliveries [ID]             where notifications stand, the newest first; of one incident or all",
    "  redeliver ID                sends a notification again",
    "  token ACTOR --tenants …     makes a token for the API",
    "  send-test DESTINATION FILE  sends a test notification",
  ].join("\n"),
  arguments: [
    { name: "<action>", help: Object.keys(actions).join(", ") },
    { name: "[what...]", help: "what the action is about" },
  ],
  settings,
  options,
  tabular: true,
  run: (context) => {
    const [name = ""] = context.args;
    const action = actions[name];
    if (action !== undefined) return action(context);
    const near = nearest(name, Object.keys(actions), 2);
    throw wrongUse(`There is no action ${name}.${near.length === 0 ? "" : ` Did you mean ${near.join(" or ")}?`}`);
  },
});

if (import.meta.main) await execute(alerts);
