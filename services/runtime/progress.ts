// Progress of a command on stderr: one line redrawn on a terminal, a line now and then elsewhere.
import pc from "picocolors";
import { type Clock, systemClock } from "./clock.ts";

export interface Progress {
  /** `done` of the total in the total's unit; `note` stands behind it. */
  update(done: number, note: string): void;
  /** Clears the redrawn line, so that a message can be printed. */
  clear(): void;
}

interface ProgressOptions {
  readonly label: string;
  /** Unknown: no bar, only the note. */
  readonly total?: number | undefined;
  readonly stream?: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly clock?: Clock;
}

const width = 24;

const bar = (part: number): string => {
  const filled = Math.round(Math.min(1, Math.max(0, part)) * width);
  return `${pc.cyan("█".repeat(filled))}${pc.dim("░".repeat(width - filled))}`;
};

export const createProgress = (options: ProgressOptions): Progress => {
  const { label, total, stream = process.stderr, clock = systemClock } = options;
  const terminal = stream.isTTY ?? false;
  const every = terminal ? 100 : 10_000;
  let last = clock();
  return {
    update: (done, note) => {
      const now = clock();
      if (now - last < every) return;
      last = now;
      const share = total === undefined || total === 0 ? undefined : done / total;
      if (!terminal) {
        stream.write(`${label}: ${share === undefined ? "" : `${Math.round(share * 100)} %, `}${note}\n`);
        return;
      }
      stream.write(`\r\u001b[K${label} ${share === undefined ? "" : `${bar(share)} `}${note}`);
    },
    clear: () => {
      if (terminal) stream.write("\r\u001b[K");
    },
  };
};
