// JSON Lines in and out of a command: files by name, - for standard input and output.
import { once } from "node:events";
import { createReadStream, createWriteStream, statSync } from "node:fs";
import type { Readable } from "node:stream";
import { AppError } from "#runtime/errors.ts";
import { toJson } from "#runtime/json.ts";
import type { Output } from "#runtime/output.ts";

/** What it needs of a command's context. */
export interface FileWorld {
  readonly out: Pick<Output, "write">;
  /** Relative to where the person called npm. */
  readonly path: (file: string) => string;
  readonly own: <T extends AsyncDisposable>(thing: T) => T;
}

/** Somewhere that JSON Lines go; awaiting it keeps a log larger than memory from piling up in it. */
export interface LineFile {
  write(value: unknown): void;
  /** Hands over what has gathered. */
  drain(): Promise<void>;
}

const noFile: LineFile = { write: () => undefined, drain: () => Promise.resolve() };

const drainAbove = 1 << 18;

/** Without a name everything written is dropped. */
export const openLineFile = (name: string | undefined, { out, path, own }: FileWorld): LineFile => {
  if (name === undefined) return noFile;
  const stream = name === "-" ? undefined : createWriteStream(path(name));
  let failure: Error | undefined;
  stream?.on("error", (error) => {
    failure = error;
  });
  let text = "";
  const hand = async (): Promise<void> => {
    if (failure !== undefined) throw new AppError("usage", `Cannot write ${name}`, { cause: failure });
    const ready = text;
    text = "";
    if (stream === undefined) return out.write(ready);
    if (!stream.write(ready)) await once(stream, "drain");
  };
  own({
    async [Symbol.asyncDispose]() {
      await hand();
      if (stream !== undefined && failure === undefined) await new Promise((done) => stream.end(done));
    },
  });
  return {
    write(value) {
      text += `${toJson(value)}\n`;
    },
    drain: () => (text.length > drainAbove ? hand() : Promise.resolve()),
  };
};

/** The input, and its size where it has one. */
export const openInput = (
  name: string,
  { path }: Pick<FileWorld, "path">,
): { readonly size: number | undefined; readonly stream: Readable } => {
  if (name === "-") return { size: undefined, stream: process.stdin };
  const file = path(name);
  try {
    return { size: statSync(file).size, stream: createReadStream(file, { highWaterMark: 1 << 18 }) };
  } catch (cause) {
    throw new AppError("usage", `Cannot read ${file}`, { cause });
  }
};
