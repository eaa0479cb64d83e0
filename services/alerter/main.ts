// Starts the alerter.
import { run } from "#runtime/service.ts";
import { alerter } from "./service.ts";

await run(alerter);
