// Fetches Kafka and the registry with Maven into the cache, once, and prints their folder. Plain JavaScript: the bootstrap runs it beside npm.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "#infra/lock.mjs";

const pom = fileURLToPath(new URL("./pom.xml", import.meta.url));
const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";
const cache = process.env.EARSHOT_CACHE || join(homedir(), ".cache", "earshot");
// Other pins are another folder, so a cache is never of the wrong version.
const folder = join(cache, `java-${createHash("sha256").update(readFileSync(pom)).digest("hex").slice(0, 12)}`);

const sizesOf = (root, under = "") =>
  readdirSync(join(root, under), { withFileTypes: true }).flatMap((entry) => {
    const path = join(under, entry.name);
    return entry.isDirectory() ? sizesOf(root, path) : [[path, statSync(join(root, path)).size]];
  });

/** Whole when every file that was there at the end of the download still has its size. */
const isWhole = () => {
  try {
    const files = JSON.parse(readFileSync(join(folder, "files.json"), "utf8"));
    return files.every(([path, size]) => statSync(join(folder, path)).size === size);
  } catch {
    return false;
  }
};

const run = (command, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    const stop = () => child.kill();
    process.once("exit", stop);
    child.once("error", (error) => {
      const missing = `${command} was not found: install it and run this again`;
      reject(error.code === "ENOENT" ? new Error(missing) : error);
    });
    child.once("close", (code) => {
      process.off("exit", stop);
      if (code === 0) return resolve();
      return reject(new Error(`${command} ended with ${code}:\n${Buffer.concat(output).toString().trim()}`));
    });
  });

const download = async () => {
  process.stderr.write("earshot: fetching Kafka and the schema registry with Maven (196 MB, once)\n");
  const part = `${folder}.${process.pid}.part`;
  rmSync(part, { recursive: true, force: true });
  try {
    // --strict-checksums: what does not match its published checksum fails the run.
    await run("mvn", [
      "-q",
      "-B",
      "--strict-checksums",
      "-f",
      pom,
      `${plugin}:copy-dependencies`,
      `-DoutputDirectory=${join(part, "kafka")}`,
    ]);
    mkdirSync(join(part, "registry"));
    const tarball = readdirSync(join(part, "kafka")).find((name) => name.endsWith("-all.tar.gz"));
    await run("tar", ["-xzf", join(part, "kafka", tarball), "-C", join(part, "registry")]);
    rmSync(join(part, "kafka", tarball));
    writeFileSync(join(part, "files.json"), JSON.stringify(sizesOf(part)));
    rmSync(folder, { recursive: true, force: true });
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
};

const sayWaiting = () => process.stderr.write("earshot: waiting for another run's download\n");

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
try {
  if (!isWhole()) {
    await withLock(`${folder}.lock`, sayWaiting, async () => {
      if (!isWhole()) await download();
    });
  }
  process.stdout.write(`${folder}\n`);
} catch (error) {
  process.stderr.write(`earshot: ${error.message}\n`);
  process.exitCode = 1;
}
