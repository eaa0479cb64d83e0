// What `~control` records say: their JSON, read with distrust, each id once.
import type { ChangeRecord } from "#schemas/generated/records.ts";
import type { Act, Control, Postmortem } from "./alert-port.ts";
import type { RuleSet } from "./rules.ts";

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);

const orNull = <T>(value: unknown, is: (value: unknown) => value is T): T | null => (is(value) ? value : null);

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

const readChange = (value: unknown): ChangeRecord | undefined => {
  if (!isFields(value)) return undefined;
  const { change_id: id, ts, tenant, kind, scope, from, to, reverts, rollback_ref: rollback, owner, url } = value;
  if (!isText(id) || !isTime(ts) || !isText(tenant) || !isText(kind)) return undefined;
  return {
    change_id: id,
    ts,
    tenant,
    kind,
    scope: orNull(scope, isText) ?? "*",
    from: orNull(from, isText),
    to: orNull(to, isText),
    reverts: orNull(reverts, isText),
    rollback_ref: orNull(rollback, isText),
    owner: orNull(owner, isText),
    url: orNull(url, isText),
  };
};

const causes = ["prompt", "model", "retrieval", "data", "tooling", "gateway", "upstream", "apparatus"] as const;
const verdicts = ["confirmed", "false_alarm", "duplicate", "known_change", "data_fault"] as const;
const actions = ["ack", "silence", "unsilence", "resolve", "postmortem", "close"] as const;

const oneOf =
  <T extends string>(list: readonly T[]) =>
  (value: unknown): value is T =>
    list.some((one) => one === value);

const isFollowUp = (value: unknown): value is Postmortem["follow_ups"][number] =>
  isFields(value) && isText(value["what"]) && isText(value["owner"]) && isText(value["due"]);

const readPostmortem = (value: unknown): Postmortem | null => {
  if (!isFields(value)) return null;
  const delta = value["eval_delta"];
  const followUps: unknown = value["follow_ups"];
  return {
    cause: orNull(value["cause"], oneOf(causes)),
    verdict: orNull(value["verdict"], oneOf(verdicts)),
    blast_radius: orNull(value["blast_radius"], isText),
    eval_cases: orNull(value["eval_cases"], isTexts) ?? [],
    no_eval_case_reason: orNull(value["no_eval_case_reason"], isText),
    eval_delta: typeof delta === "number" && Number.isFinite(delta) ? delta : null,
    follow_ups: Array.isArray(followUps) ? followUps.filter(isFollowUp) : [],
    apparatus_updates: orNull(value["apparatus_updates"], isTexts) ?? [],
    reported_at: orNull(value["reported_at"], isTime),
  };
};

const readAct = (value: unknown): Act | undefined => {
  if (!isFields(value)) return undefined;
  const { incidentId, action, actor, at } = value;
  if (!isText(incidentId) || !oneOf(actions)(action) || !isText(actor) || !isTime(at)) return undefined;
  return {
    incidentId,
    action,
    actor,
    at,
    reason: orNull(value["reason"], isText),
    until: orNull(value["until"], isTime),
    postmortem: readPostmortem(value["postmortem"]),
  };
};

/** Rules were validated by who wrote them; here only what would make the fold fail is looked at. */
const isRuleSet = (value: unknown): value is RuleSet =>
  isFields(value) &&
  isText(value["version"]) &&
  Array.isArray(value["rules"]) &&
  value["rules"].every(
    (rule) =>
      isFields(rule) &&
      isText(rule["name"]) &&
      isTexts(rule["tenants"]) &&
      isTexts(rule["signals"]) &&
      isTexts(rule["slices"]) &&
      isFields(rule["guards"]) &&
      Number(rule["sensitivity"]) > 0 &&
      Number(rule["smallestRatio"]) > 1,
  ) &&
  Array.isArray(value["silences"]) &&
  value["silences"].every(
    (silence) =>
      isFields(silence) && isTexts(silence["tenants"]) && isTexts(silence["signals"]) && isTexts(silence["slices"]),
  ) &&
  Array.isArray(value["pairs"]) &&
  isFields(value["priors"]);

/** Undefined: not a control that this version understands. */
export const readControl = (json: string | null): Control | undefined => {
  const value = json === null ? undefined : parse(json);
  if (!isFields(value) || !isText(value["id"])) return undefined;
  const id = value["id"];
  switch (value["kind"]) {
    case "change": {
      const change = readChange(value["change"]);
      return change && { kind: "change", id, change };
    }
    case "act": {
      const act = readAct(value["act"]);
      return act && { kind: "act", id, act };
    }
    case "rules":
      return isRuleSet(value["rules"]) ? { kind: "rules", id, rules: value["rules"] } : undefined;
    case "detector":
      return isTexts(value["identities"]) ? { kind: "detector", id, identities: value["identities"] } : undefined;
    default:
      return undefined;
  }
};

/** Commands of some weeks; a repeat that is older than so many others is taken for new. */
const remembered = 10_000;

/** Notes an id in the caller's list; false: it was there. The oldest are forgotten. */
export const isNewControl = (seen: Set<string>, { kind, id }: Control): boolean => {
  const key = `${kind}|${id}`;
  if (seen.has(key)) return false;
  seen.add(key);
  const [oldest] = seen;
  if (seen.size > remembered && oldest !== undefined) seen.delete(oldest);
  return true;
};
