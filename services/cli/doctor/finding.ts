// What the doctor says of one thing: whether it is well, what shows it, and what to do.
import { AppError, describeError } from "#runtime/errors.ts";

export interface Finding {
  readonly check: string;
  /** `unknown`: something else must be well first. */
  readonly state: "ok" | "wrong" | "unknown";
  readonly evidence: string;
  /** Empty where nothing has to be done. */
  readonly cure: string;
}

export const ok = (check: string, evidence: string): Finding => ({ check, state: "ok", evidence, cure: "" });

export const wrong = (check: string, evidence: string, cure: string): Finding => ({
  check,
  state: "wrong",
  evidence,
  cure,
});

export const unknown = (check: string, evidence: string): Finding => ({ check, state: "unknown", evidence, cure: "" });

/** The last line, and the exit code: what could not be looked at is not well. */
export const conclude = (findings: readonly Finding[]): { readonly message: string; readonly code: 0 | 1 } => {
  const counts = { ok: 0, wrong: 0, unknown: 0 };
  for (const { state } of findings) counts[state] += 1;
  const { ok: well, wrong: bad, unknown: unseen } = counts;
  if (well === findings.length) return { message: `All is well: ${well} checks.`, code: 0 };
  const parts = [`${well} ok`];
  if (bad > 0) parts.push(`${bad} wrong`);
  if (unseen > 0) parts.push(`${unseen} could not be made`);
  return { message: `${findings.length} checks: ${parts.join(", ")}.`, code: 1 };
};

/** A failure of the look itself is a finding too; a bug is not. */
export const examine = async (
  check: string,
  look: () => Promise<readonly Finding[]>,
  cure: string,
): Promise<readonly Finding[]> => {
  try {
    return await look();
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    return [wrong(check, describeError(new Error(thrown.message, { cause: thrown.cause })), thrown.cure ?? cure)];
  }
};

export const percent = (part: number, whole: number): string =>
  `${whole === 0 ? "0" : ((100 * part) / whole).toFixed(part / whole < 0.001 && part > 0 ? 2 : 1)} %`;

export const count = (n: number): string => n.toLocaleString("en");
