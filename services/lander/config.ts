// The lander's settings: where it reads and writes, and how large its blocks grow.
import { engineSettings } from "#core/settings.ts";
import { bytes, defineSettings, duration, integer, settingsFromTable } from "#runtime/config.ts";
import { crashSetting } from "#runtime/crash.ts";
import { clickhouseSettings, kafkaSettings, registrySettings, topicSettings } from "#runtime/shared-settings.ts";
import { crashPoints } from "./landing.ts";

/** Of the engine's settings the one that decides whether an interaction is valid: equal in detector and lander. */
const { pastWindow } = settingsFromTable(engineSettings);

/** What reading and landing need, in the service and in the reset. */
export const workSettings = defineSettings({
  ...kafkaSettings,
  ...registrySettings,
  ...clickhouseSettings,
  ...topicSettings,
  pastWindow,
});

export const settings = defineSettings({
  ...workSettings,
  blockRows: integer("EARSHOT_BLOCK_ROWS", {
    default: 50_000,
    min: 1,
    max: 1_000_000,
    help: "rows after which a block is inserted",
  }),
  blockBytes: bytes("EARSHOT_BLOCK_BYTES", {
    default: "16MiB",
    min: 1024,
    help: "bytes, as they came from Kafka, after which a block is inserted",
  }),
  bufferBytes: bytes("EARSHOT_BUFFER_BYTES", {
    default: "128MiB",
    min: 1024,
    help: "bytes of all blocks together, filling and on their way; beyond it partitions pause",
  }),
  blockAge: duration("EARSHOT_BLOCK_AGE", {
    default: "300ms",
    max: 60_000,
    help: "how long the first row of a block waits; raise it on a shared ClickHouse, which likes few large inserts",
  }),
  rowlessAge: duration("EARSHOT_ROWLESS_AGE", {
    default: "2s",
    max: 60_000,
    help: "how long a range of records without rows grows before its offsets are noted in landings",
  }),
  crashAt: crashSetting(crashPoints),
});
