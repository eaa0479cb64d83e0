// npm run alerts -- check: is the file right, and what does it mean?
import pc from "picocolors";
import { loadRulesFile } from "#alerter/rules-file.ts";
import type { Env } from "#runtime/config.ts";
import type { Output } from "#runtime/output.ts";
import { explainRule, ruleData, ruleRow, silenceText } from "./explain.ts";

export interface CheckOptions {
  readonly file: string;
  /** The file as it is called in messages. */
  readonly name: string;
  readonly env: Env;
  /** Whether secrets must be there, as where the alerter runs. */
  readonly secrets: boolean;
}

export interface CheckWorld {
  readonly out: Output;
  readonly say: (message: string) => void;
}

/** Throws an AppError with all mistakes. */
export const checkRules = async (options: CheckOptions, { out, say }: CheckWorld): Promise<void> => {
  const { file, name, env } = options;
  const read = loadRulesFile(file, { file: name, env, secrets: options.secrets ? "required" : "optional" });
  const { rules } = read.rules;
  for (const warning of read.warnings) say(pc.yellow(warning));
  if (out.json) return out.table(rules.map((rule) => ruleData(read, rule)));
  for (const [index, rule] of rules.entries()) {
    const lines = explainRule(read, rule).map((line) => `  ${line}\n`);
    await out.write(`${pc.bold(`${index + 1}. ${rule.name}`)}\n${lines.join("")}\n`);
  }
  for (const line of silenceText(read)) await out.write(`${line}\n`);
  await out.write("\nFor each tenant, signal and slice the first rule that fits holds.\n\n");
  await out.table(rules.map((rule) => ruleRow(read, rule)));
  say(
    pc.green(
      `${name} is right: ${rules.length} ${rules.length === 1 ? "rule" : "rules"}, version ${read.rules.version}.`,
    ),
  );
};
