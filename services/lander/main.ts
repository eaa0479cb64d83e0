// Starts the lander.
import { run } from "#runtime/service.ts";
import { lander } from "./service.ts";

await run(lander);
