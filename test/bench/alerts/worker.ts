// A thread of the simulation: takes (job, part), answers with its samples.
import { parentPort, workerData } from "node:worker_threads";
import { simulationJobs } from "./jobs.ts";

const { scale } = workerData as { readonly scale: number };
const jobs = new Map(simulationJobs(scale).map((job) => [job.name, job]));

parentPort?.on("message", ({ name, part }: { readonly name: string; readonly part: number }) => {
  const before = process.threadCpuUsage();
  const samples = jobs.get(name)?.run(part) ?? [];
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage({ name, samples, millis: process.threadCpuUsage(before).user / 1_000 });
});
