// Tallies and changes of files, read line by line; a bad line is named and left out.
import { createReadStream } from "node:fs";
import { type FileWorld, openInput } from "#cli/files/lines.ts";
import { signalKinds } from "#core/signals.ts";
import { AppError } from "#runtime/errors.ts";
import { readLines, tooLong } from "#runtime/lines.ts";
import { createProgress } from "#runtime/progress.ts";
import { createChangeParser } from "#schemas/change-json.ts";
import type { ChangeRecord } from "#schemas/generated/records.ts";
import { createTallyParser, type TallyLine } from "#schemas/tally-json.ts";

/** Signals whose harmful trials are those that did not fire. */
const unfiredHarm = new Set(signalKinds.filter(({ harm }) => harm === "unfired").map(({ type }) => type as string));

export interface LogWorld extends Pick<FileWorld, "path"> {
  readonly say: (message: string) => void;
  readonly stopping: AbortSignal;
}

/** Never quotes the line: it may hold what nobody meant to be there. */
const parseJson = (text: string): { readonly json: unknown } | { readonly bad: string } => {
  if (text === tooLong) return { bad: "longer than 8 MiB" };
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return { bad: "not JSON" };
  }
};

const reasonOf = ({ field, why }: { readonly field: string; readonly why: string }): string =>
  field === "" ? why : `${field}: ${why}`;

export interface TallyLog {
  /** A chunk's worth of lines at a time, in the order of the file. */
  chunks(): AsyncGenerator<readonly TallyLine[]>;
  /** So far. */
  readonly counts: { readonly lines: number; readonly bad: number };
}

export const openTallyLog = (file: string, { path, say, stopping }: LogWorld): TallyLog => {
  const counts = { lines: 0, bad: 0 };
  const { size, stream } = openInput(file, { path });
  const parse = createTallyParser(unfiredHarm);

  const read = (text: string, number: number): TallyLine | { readonly bad: string } => {
    const parsed = parseJson(text);
    if ("bad" in parsed) return parsed;
    const line = parse(parsed.json, number);
    if ("why" in line) return { bad: reasonOf(line) };
    const isUntimed = line.record.signal_type === "~tick" && line.appendedAt === null;
    return isUntimed ? { bad: "appended_at: a tick needs one" } : line;
  };

  return {
    counts,
    async *chunks() {
      const progress = createProgress({ label: "replaying", total: size });
      let bytes = 0;
      for await (const texts of readLines(stream)) {
        stopping.throwIfAborted();
        const lines: TallyLine[] = [];
        for (const text of texts) {
          counts.lines += 1;
          bytes += text.length + 1;
          if (text.trim() === "") continue;
          const line = read(text, counts.lines);
          if (!("bad" in line)) {
            lines.push(line);
            continue;
          }
          counts.bad += 1;
          progress.clear();
          say(`line ${counts.lines}: ${line.bad}`);
        }
        yield lines;
        progress.update(bytes, `${counts.lines.toLocaleString("en")} lines`);
      }
      progress.clear();
    },
  };
};

/** All of them: changes are few. Any bad line is an AppError that names them all: an incident without its cause would mislead. */
export const readChanges = async (
  file: string | undefined,
  { path }: Pick<LogWorld, "path">,
): Promise<readonly ChangeRecord[]> => {
  if (file === undefined) return [];
  const parse = createChangeParser();
  const [changes, bad]: [ChangeRecord[], string[]] = [[], []];
  let number = 0;
  try {
    for await (const texts of readLines(createReadStream(path(file))))
      for (const text of texts) {
        number += 1;
        if (text.trim() === "") continue;
        const parsed = parseJson(text);
        const read = "bad" in parsed ? { mistakes: [{ field: "", why: parsed.bad }] } : parse(parsed.json);
        if ("record" in read) changes.push(read.record);
        else bad.push(...read.mistakes.map((mistake) => `  line ${number}: ${reasonOf(mistake)}`));
      }
  } catch (cause) {
    throw new AppError("usage", `Cannot read ${file}`, { cause });
  }
  if (bad.length > 0) throw new AppError("usage", `${file} holds lines that are no changes:\n${bad.join("\n")}`);
  return changes;
};
