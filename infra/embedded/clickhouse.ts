// chDB, the ClickHouse engine, behind its HTTP front.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Part, type PartContext, startPart } from "./part.ts";

const entry = fileURLToPath(new URL("./front/main.ts", import.meta.url));

export const startClickHouse = async (context: PartContext): Promise<Part & { url: string }> => {
  const folder = join(context.dir, "clickhouse");
  await mkdir(folder, { recursive: true });
  const part = await startPart({
    ...context,
    name: "clickhouse",
    command: process.execPath,
    args: [entry, folder],
    ready: /^ready: (\S+)/,
    within: 60_000,
  });
  return { ...part, url: part.said };
};
