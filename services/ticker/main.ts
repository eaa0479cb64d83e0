// Starts the ticker.
import { run } from "#runtime/service.ts";
import { ticker } from "./service.ts";

await run(ticker);
