// The tokens in force: read at the start, again when the file changes, so that one can be taken back; a bad file keeps the old ones.
import { toError } from "#runtime/errors.ts";
import type { Logger } from "#runtime/logger.ts";
import { loadTokens, noTokens, type Tokens } from "./tokens.ts";
import { watchFile } from "./watched-file.ts";

export interface ActiveTokens extends Disposable {
  readonly current: Tokens;
}

interface ActiveTokensOptions {
  /** Undefined: the API lets nobody in. */
  readonly path: string | undefined;
  readonly every: number;
  readonly log: Logger;
}

export const openActiveTokens = ({ path, every, log }: ActiveTokensOptions): ActiveTokens => {
  let current = path === undefined ? noTokens : loadTokens(path);
  if (path === undefined) log.warn("EARSHOT_ALERT_TOKENS is not set: the API lets nobody in");
  const watching =
    path === undefined
      ? undefined
      : watchFile({
          path,
          every,
          changed() {
            try {
              current = loadTokens(path);
              log.info({ file: path, tokens: current.count }, "other tokens");
            } catch (error) {
              log.error({ file: path, error: toError(error) }, "bad tokens: the old ones stay");
            }
          },
        });
  return {
    get current() {
      return current;
    },
    [Symbol.dispose]: () => watching?.[Symbol.dispose](),
  };
};
