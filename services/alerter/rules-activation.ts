// Brings the rules of the file into force in every partition of this process: by a record in its log, so that a successor follows.
import type { OutRecord } from "#adapters/broker-port.ts";
import { defaultRules, type RuleSet } from "#core/alerts/rules.ts";
import type { ControlPorts } from "./control.ts";
import { controlOut } from "./control.ts";
import type { Task } from "./task.ts";

export interface ActivationPorts extends ControlPorts {
  readonly now: () => number;
  readonly rules: () => RuleSet;
}

/**
 * The record that a task still needs, if any. Its id holds the position: going back to an earlier version is another activation.
 * Written twice, as after a crash, it changes nothing.
 */
export const activationFor = (
  partition: number,
  task: Pick<Task, "rules" | "position">,
  ports: ActivationPorts,
): OutRecord | undefined => {
  const rules = ports.rules();
  if ((task.rules ?? defaultRules.version) === rules.version) return undefined;
  const id = `rules:${rules.version}:${partition}:${task.position}`;
  return controlOut(ports, partition, { tenant: "*", at: ports.now(), control: { kind: "rules", id, rules } });
};
