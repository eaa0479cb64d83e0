// Starts one of the project's programs from any state of a clone: installs what is missing, then runs it on the right Node.
// Plain JavaScript without dependencies: any Node from 20 on runs it before anything is installed.
// usage: node infra/bootstrap.mjs ENTRY [ARGUMENT…]
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants as systemConstants } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const inRoot = (...parts) => join(root, ...parts);
const stamp = inRoot("node_modules", ".earshot-installed");
const [entry, ...args] = process.argv.slice(2);

/** Programs that start the embedded stack. The tests do too, but skip what needs it where Java is missing. */
const startsStack = new Set(["infra/dev/demo.ts", "infra/embedded/main.ts", "test/bench/main.ts"]);
const needsStack = startsStack.has(entry) && !args.some((arg) => arg === "--help" || arg === "-h");

const say = (line) => process.stderr.write(`earshot: ${line}\n`);
const giveUp = (...lines) => {
  for (const line of lines) say(line);
  process.exit(2);
};

const isOlder = (version, [major, minor]) => {
  const [ownMajor, ownMinor] = version.split(".").map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
};

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
const isOnPath = (command) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && isExecutable(join(folder, command)));

const interrupted = () => process.exit(130);
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Runs a program of the installation to its end; resolves with its exit code and all that it said. */
const run = (command, commandArgs, { quiet }) =>
  new Promise((done) => {
    const child = spawn(command, commandArgs, { cwd: root, stdio: ["ignore", "pipe", quiet ? "pipe" : "inherit"] });
    let output = "";
    const collect = (chunk) => (output += chunk);
    child.stdout.on("data", collect);
    child.stderr?.on("data", collect);
    const stop = () => child.kill();
    process.once("exit", stop);
    child.once("error", (error) => done({ code: 1, output: error.message }));
    child.once("close", (code) => {
      process.off("exit", stop);
      done({ code: code ?? 1, output });
    });
  });

const npm = (...npmArgs) => {
  const cli = process.env.npm_execpath;
  return cli?.endsWith(".js")
    ? run(process.execPath, [cli, ...npmArgs], { quiet: true })
    : run("npm", npmArgs, { quiet: true });
};

const lockHash = () =>
  createHash("sha256")
    .update(readFileSync(inRoot("package-lock.json")))
    .digest("hex");
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** True when what lies in node_modules is what the lock file wants, however it came there. Optional packages may be for other platforms. */
const matchesLock = () => {
  try {
    const wanted = readJson(inRoot("package-lock.json")).packages;
    const present = readJson(inRoot("node_modules", ".package-lock.json")).packages;
    return Object.entries(wanted).every(([path, { version, optional }]) => {
      if (path === "") return true;
      return present[path] === undefined ? optional === true : present[path].version === version;
    });
  } catch {
    return false;
  }
};

const isInstalled = (hash) => existsSync(stamp) && readFileSync(stamp, "utf8") === hash;

const install = async () => {
  const began = Date.now();
  const options = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  let result;
  if (existsSync(inRoot("node_modules"))) {
    say("bringing the packages up to date (npm install)");
    result = await npm("install", ...options);
  } else {
    say("installing the packages (npm ci, once)");
    result = await npm("ci", ...options);
    // A lock file written where other platforms' binaries could not be resolved makes `npm ci` refuse; `npm install` copes.
    if (result.code !== 0 && /Missing: .* from lock file/.test(result.output))
      result = await npm("install", ...options);
  }
  if (result.code !== 0) giveUp("the packages could not be installed:", result.output.trim());
  say(`packages installed in ${((Date.now() - began) / 1000).toFixed(0)} s`);
};

const sayWaiting = () => say("waiting for another run's installation");

const ensureInstalled = async () => {
  if (isInstalled(lockHash())) return;
  mkdirSync(inRoot(".earshot"), { recursive: true });
  await withLock(inRoot(".earshot", "install.lock"), sayWaiting, async () => {
    if (isInstalled(lockHash())) return;
    if (!matchesLock()) {
      // Maven's downloads run beside npm's: both wait for the network most of the time.
      const stackToo = needsStack && run(process.execPath, [inRoot("infra/embedded/download.mjs")], { quiet: false });
      await install();
      if (stackToo && (await stackToo).code !== 0) process.exit(2);
    }
    writeFileSync(stamp, lockHash());
  });
};

/** Node 24 from the optional dependencies where they carry one for this platform, else the Node that runs this. */
const chooseNode = () => {
  const bundled = inRoot("node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (isExecutable(bundled)) return bundled;
  if (isOlder(process.versions.node, [24, 12])) {
    giveUp(
      `Node ${process.versions.node} is too old here: Earshot needs Node 24.12 or newer.`,
      "On Linux (x64, arm64) npm brings it along: delete node_modules and try again. Elsewhere install it from nodejs.org.",
    );
  }
  return process.execPath;
};

/**
 * Runs the program in a process group of its own. A Ctrl-C reaches this process twice, from the terminal and from npm, and
 * the program must see it once: for a service the second one means "at once". A human's second Ctrl-C takes longer.
 */
const sameKeystroke = 400;

const launch = (node) => {
  // A group of its own may not read from the terminal, so what is typed is handed on where a program reads it (`publish -- -`).
  // Not elsewhere: `npm run stack &` would be stopped for reading in the background.
  const typed = process.stdin.isTTY === true && args.includes("-");
  const watchParent = new URL("./dev/die-with-parent.mjs", import.meta.url).href;
  const child = spawn(node, [`--import=${watchParent}`, inRoot(entry), ...args], {
    detached: true,
    stdio: [typed ? "pipe" : "inherit", "inherit", "inherit", "pipe"],
  });
  if (typed) {
    child.stdin.on("error", () => undefined);
    process.stdin.pipe(child.stdin);
  }
  const last = new Map();
  const tell = (signal) => {
    const now = Date.now();
    if (now - (last.get(signal) ?? 0) > sameKeystroke) child.kill(signal);
    last.set(signal, now);
  };
  process.on("SIGINT", () => tell("SIGINT"));
  process.on("SIGTERM", () => tell("SIGTERM"));
  process.on("SIGHUP", () => tell("SIGTERM"));
  // npm's own death tells nobody: the shell between it and us ends without a word, and we get another parent.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event !== undefined) {
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      tell("SIGTERM");
    }, 500);
  }
  process.on("SIGWINCH", () => child.kill("SIGWINCH"));
  child.once("error", (error) => giveUp(`${node} did not start: ${error.message}`));
  child.once("exit", (code, signal) => process.exit(code ?? 128 + (systemConstants.signals[signal] ?? 0)));
};

if (entry === undefined) giveUp("usage: node infra/bootstrap.mjs ENTRY [ARGUMENT…]");
if (isOlder(process.versions.node, [20, 0])) {
  giveUp(`Node ${process.versions.node} is too old to begin with: Earshot needs Node 20 or newer and npm.`);
}
if (needsStack) {
  const missing = ["java", "mvn"].filter((command) => !isOnPath(command));
  if (missing.length > 0) {
    giveUp(
      `this needs Java 17 or newer and Maven, and ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} not on the PATH.`,
      "Debian, Ubuntu: apt-get install openjdk-17-jre-headless maven. macOS: brew install openjdk maven.",
    );
  }
}
for (const signal of signals) process.on(signal, interrupted);
await ensureInstalled();
for (const signal of signals) process.off(signal, interrupted);
launch(chooseNode());
