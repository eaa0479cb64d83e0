// Starts a Java program of the stack: small heap, quick start, and a class archive that the first run leaves for the next ones.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Part, type PartOptions, startPart } from "./part.ts";

/** The JVM's own words for its version; refuses one that is too old, or none. */
export const javaVersion = async (): Promise<string> => {
  const cure = "install Java 17 or newer and make sure that `java` is on the PATH";
  const { stderr } = await promisify(execFile)("java", ["-version"]).catch((error: unknown) => {
    throw new Error(`Java did not start: ${cure}`, { cause: error });
  });
  const major = Number(/version "(?:1\.)?(\d+)/.exec(stderr)?.[1]);
  if (!(major >= 17)) throw new Error(`Java is too old (${stderr.split("\n")[0] ?? "unknown"}): ${cure}`);
  return stderr;
};

export interface JavaOptions extends Omit<PartOptions, "command" | "args"> {
  /** From `javaVersion`. */
  readonly java: string;
  /** Folder of the downloads: class archives are kept there too. */
  readonly downloads: string;
  readonly classPath: readonly string[];
  readonly mainClass: string;
  readonly jvm: readonly string[];
  readonly args: readonly string[];
}

const fingerprint = (...parts: readonly string[]): string =>
  createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 12);

/** How long a JVM may take to write its archive as it ends; measured 2 to 3 s. */
const archiveDeadline = 20_000;

/**
 * Class data sharing halves the start (2 cores, Java 17: Kafka 1.7 s to 0.9 s, registry 2.7 s to 1.0 s) and saves 40 MB of each.
 * An archive fits one JVM and one set of jars; the JVM that finds none writes it as it ends.
 */
export const startJava = async (options: JavaOptions): Promise<Part> => {
  const { java, downloads, classPath, mainClass, jvm, args, ...rest } = options;
  const archive = join(downloads, `${rest.name}-${fingerprint(java, ...classPath)}.jsa`);
  const part = `${archive}.${String(process.pid)}.part`;
  const archived = existsSync(archive);
  const sharing = archived ? `-XX:SharedArchiveFile=${archive}` : `-XX:ArchiveClassesAtExit=${part}`;
  const running = await startPart({
    ...rest,
    command: "java",
    args: ["-XX:+UseSerialGC", sharing, ...jvm, "-cp", classPath.join(":"), mainClass, ...args],
  });
  if (archived) return running;

  const stop = async (deadline: number): Promise<boolean> => {
    const orderly = await running.stop(Math.max(deadline, archiveDeadline));
    if (orderly && existsSync(part)) renameSync(part, archive);
    rmSync(part, { force: true });
    return orderly;
  };
  return { ...running, stop, [Symbol.asyncDispose]: async () => void (await stop(archiveDeadline)) };
};
