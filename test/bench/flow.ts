// Bench (b): from Kafka to a queryable row. Sustained rate over a backlog, and latency at a steady rate.
import { setTimeout as sleep } from "node:timers/promises";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { again, conversations } from "./conversations.ts";
import { quantile } from "./machine.ts";
import { cpuSecondsOf, type Pipeline, timeUntil } from "./pipeline.ts";

export interface BacklogFigures {
  readonly events: number;
  /** Kafka to Kafka, nothing else running but the broker. */
  readonly detectorEventsPerSecond: number;
  readonly detectorCpuSecondsPerMillion: number;
  /** Kafka to ClickHouse, detector and lander side by side. */
  readonly endToEndEventsPerSecond: number;
}

export interface LatencyFigures {
  readonly eventsPerSecond: number;
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const hour = 3_600_000;

/** `rounds` × about 44,000 events of the demo's mix, all within the past window. */
const backlog = (rounds: number): InteractionRecord[] => {
  const base = conversations(3, Date.now() - hour / 2);
  return Array.from({ length: rounds }, (_, round) => again(base, round, 0))
    .flat()
    .toSorted((a, b) => a.ts - b.ts);
};

/** Drains the same backlog twice: by the detector alone, then by detector and lander together. */
export const measureBacklog = async (
  open: (name: string) => Promise<Pipeline>,
  rounds: number,
): Promise<BacklogFigures> => {
  const records = backlog(rounds);
  const drain = async (name: string, services: readonly string[]) => {
    await using pipeline = await open(name);
    await pipeline.publish(records);
    const began = performance.now();
    const started = await Promise.all(services.map((service) => pipeline.start(service)));
    const ready = performance.now();
    await timeUntil(records.length, () => pipeline.positionOf("detector", "interactions"));
    if (services.includes("lander")) {
      for (const kind of ["signals", "tallies", "interactions"] as const) {
        const end = await pipeline.endOf(kind);
        await timeUntil(end, () => pipeline.positionOf("lander", kind));
      }
    }
    const [detector] = started;
    const cpu = detector === undefined ? Number.NaN : await cpuSecondsOf(detector);
    // Reading begins while the services become ready: half of that time is counted.
    return { seconds: (performance.now() - (began + ready) / 2) / 1000, cpu };
  };
  const alone = await drain("detect", ["detector"]);
  const both = await drain("flow", ["detector", "lander"]);
  return {
    events: records.length,
    detectorEventsPerSecond: records.length / alone.seconds,
    detectorCpuSecondsPerMillion: (alone.cpu / records.length) * 1e6,
    endToEndEventsPerSecond: records.length / both.seconds,
  };
};

/** Thumbs are the markers: each makes a signal at once. Seen by polling `feedback`, so up to one poll (about 50 ms) is included. */
const markersPerSecond = 25;

const thumbs = (index: number, now: number): InteractionRecord => {
  const [sample] = again(conversations(5, now).slice(0, 1), 0, 0);
  if (sample === undefined) throw new Error("no sample conversations");
  const id = `marker-${String(index)}`;
  return {
    ...sample,
    event_id: id,
    session_id: id,
    response_id: id,
    type: "feedback",
    label: "thumbs",
    value: 1,
    text: null,
    ts: now,
  };
};

export const measureLatency = async (
  pipeline: Pipeline,
  eventsPerSecond: number,
  seconds: number,
): Promise<LatencyFigures> => {
  const sent = new Map<string, number>();
  const latencies: number[] = [];
  const base = conversations(6, Date.now());
  const prototype = thumbs(0, Date.now());
  const slice = 40;
  const perSlice = Math.round((eventsPerSecond * slice) / 1000);
  const producing = { done: false };
  let markers = 0;

  const produce = async (): Promise<void> => {
    const began = performance.now();
    for (let i = 0; i * slice < seconds * 1000; i += 1) {
      const wait = began + i * slice - performance.now();
      if (wait > 0) await sleep(wait);
      const now = Date.now();
      const records: InteractionRecord[] = [];
      for (let k = 0; k < perSlice; k += 1) {
        const at = i * perSlice + k;
        const record = base[at % base.length];
        if (record === undefined) continue;
        const round = `~${String(eventsPerSecond)}.${String(Math.floor(at / base.length))}`;
        records.push({ ...record, event_id: record.event_id + round, session_id: record.session_id + round, ts: now });
      }
      if ((i * slice * markersPerSecond) / 1000 >= markers) {
        const id = `marker-${String(eventsPerSecond)}-${String(markers)}`;
        markers += 1;
        records.push({ ...prototype, event_id: id, session_id: id, response_id: id, ts: now });
        sent.set(id, performance.now());
      }
      await pipeline.publish(records);
    }
    producing.done = true;
  };

  const watch = async (): Promise<void> => {
    const deadline = performance.now() + (seconds + 30) * 1000;
    while (!producing.done || sent.size > 0) {
      if (performance.now() > deadline) throw new Error(`${String(sent.size)} markers never became visible`);
      const rows = await pipeline.store.query(
        "SELECT response_id FROM feedback WHERE event_type = 'thumbs' AND response_id LIKE {like:String}",
        { like: `marker-${String(eventsPerSecond)}-%` },
      );
      const now = performance.now();
      for (const row of rows) {
        const at = sent.get(String(row["response_id"]));
        if (at === undefined) continue;
        latencies.push(now - at);
        sent.delete(String(row["response_id"]));
      }
      await sleep(30);
    }
  };

  await Promise.all([produce(), watch()]);
  return {
    eventsPerSecond,
    samples: latencies.length,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
};
