// The rules and delivery settings in force here: read at the start, again when the file changes; a bad file keeps the old ones.
import { toError } from "#runtime/errors.ts";
import type { Logger } from "#runtime/logger.ts";
import { loadRulesFile, noRulesFile, type RulesFile } from "./rules-file.ts";
import { watchFile } from "./watched-file.ts";

export interface ActiveRulesOptions {
  /** Undefined: the defaults hold. */
  readonly path: string | undefined;
  readonly every: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** After each try to read the file. */
  readonly tried: (valid: boolean) => void;
}

export interface ActiveRules extends Disposable {
  readonly current: RulesFile;
  /** Called when others come into force. */
  onChange(listener: (rules: RulesFile) => void): void;
}

/** Throws for a file that is bad at the start: with what would an alerter begin? */
export const openActiveRules = ({ path, every, env, log, tried }: ActiveRulesOptions): ActiveRules => {
  const read = (): RulesFile => {
    const file = path === undefined ? noRulesFile : loadRulesFile(path, { env, secrets: "required" });
    for (const warning of file.warnings) log.warn(warning);
    tried(true);
    return file;
  };

  let current = read();
  const listeners: ((rules: RulesFile) => void)[] = [];

  const changed = (): void => {
    try {
      current = read();
    } catch (error) {
      tried(false);
      return log.error(
        { file: path, error: toError(error), kept: current.rules.version },
        "bad rules: the old ones stay",
      );
    }
    log.info({ file: path, version: current.rules.version }, "other rules");
    for (const listener of listeners) listener(current);
  };

  const watching = path === undefined ? undefined : watchFile({ path, every, changed });
  return {
    get current() {
      return current;
    },
    onChange: (listener) => void listeners.push(listener),
    [Symbol.dispose]: () => watching?.[Symbol.dispose](),
  };
};
