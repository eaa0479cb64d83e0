// The alerter's settings: where its rules and tokens lie, where people find things, how often it looks and writes.
import { defineSettings, duration, integer, port, text, url } from "#runtime/config.ts";
import { crashSetting } from "#runtime/crash.ts";
import { kafkaSettings, registrySettings, topicSettings } from "#runtime/shared-settings.ts";
import { crashPoints } from "./crash-points.ts";

export const settings = defineSettings({
  ...kafkaSettings,
  ...registrySettings,
  ...topicSettings,
  rulesFile: text("EARSHOT_ALERT_RULES", {
    optional: true,
    help: "file with rules, routes and destinations (alerts.yaml), read again when it changes; without it every signal is watched and nobody is told",
  }),
  tokensFile: text("EARSHOT_ALERT_TOKENS", {
    optional: true,
    help: "file with one JSON line per token of the API (npm run alerts -- token makes them), read again when it changes; without it the API lets nobody in",
  }),
  incidentUrl: url("EARSHOT_INCIDENT_URL", {
    optional: true,
    help: "page of one incident for people, to which its id is appended; unset: none in notifications",
  }),
  queryUrl: url("EARSHOT_QUERY_URL", {
    optional: true,
    help: "page that runs a named query, to which ? and its parameters are appended; unset: none in notifications",
  }),
  apiHost: text("EARSHOT_ALERT_API_HOST", { default: "127.0.0.1", help: "address of the API for people's acts" }),
  apiPort: port("EARSHOT_ALERT_API_PORT", { default: 0, help: "its port; 0: any free one, named in the log" }),
  apiRate: integer("EARSHOT_ALERT_API_RATE", {
    default: 300,
    min: 1,
    help: "requests a minute that one token may make",
  }),
  apiFailures: integer("EARSHOT_ALERT_API_FAILURES", {
    default: 10,
    min: 1,
    help: "requests a minute without a valid token from one address, before it is told to wait",
  }),
  snapshotEvery: duration("EARSHOT_ALERT_SNAPSHOT_INTERVAL", {
    default: "1h",
    min: 1000,
    help: "how often the memory of a partition is written down; what came since is folded again after a restart",
  }),
  followEvery: duration("EARSHOT_ALERT_FOLLOW_INTERVAL", {
    default: "500ms",
    min: 50,
    help: "how often to look for incidents and deliveries that other instances wrote",
  }),
  rulesEvery: duration("EARSHOT_ALERT_RULES_INTERVAL", {
    default: "10s",
    min: 100,
    help: "how often to look at the files of rules and tokens where the file system tells of no change",
  }),
  slices: integer("EARSHOT_ALERT_SLICES", {
    default: 5000,
    min: 1,
    help: "slices tracked per tenant and signal; the least active beyond are counted together",
  }),
  cells: integer("EARSHOT_ALERT_CELLS", {
    default: 20_000,
    min: 1,
    help: "combinations of fields kept per tenant and signal; the least active beyond are counted together",
  }),
  crashAt: crashSetting(crashPoints),
});
