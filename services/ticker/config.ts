// The ticker's settings.
import { defineSettings, duration } from "#runtime/config.ts";
import { kafkaSettings, registrySettings, topicSettings } from "#runtime/shared-settings.ts";

export const settings = defineSettings({
  ...kafkaSettings,
  ...registrySettings,
  ...topicSettings,
  interval: duration("EARSHOT_TICK_INTERVAL", {
    default: "5s",
    min: 10,
    help: "time between two ticks of a partition; well below EARSHOT_IDLE",
  }),
});
