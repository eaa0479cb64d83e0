// Starts the detector.
import { run } from "#runtime/service.ts";
import { detector } from "./service.ts";

await run(detector);
