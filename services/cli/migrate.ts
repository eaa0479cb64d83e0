// npm run migrate: creates the database and brings its tables and views up to date.

import { migrate as bringUp } from "#adapters/clickhouse/migrate.ts";
import { openClickHouse } from "#adapters/clickhouse/store.ts";
import { command, execute } from "#runtime/command.ts";
import { clickhouseSettings, storeAccess } from "#runtime/shared-settings.ts";
import { readAccessSteps, readMigrations } from "#schemas/clickhouse/migrations.ts";

export const migrate = command({
  name: "migrate",
  summary:
    "Creates the database and runs the migrations of schemas/clickhouse that it has not seen, then the access step. Repeating it changes nothing.",
  settings: clickhouseSettings,
  options: { dryRun: { flags: "--dry-run", help: "say what would run" } },
  tabular: true,
  run: async ({ settings, options, out, say, log }) => {
    const access = storeAccess(settings);
    if (access.url.startsWith("memory://")) {
      say("The in-process twin has its tables already.");
      return 0;
    }
    const outcomes = await bringUp({
      open: (name) => openClickHouse({ ...access, database: name, log }),
      database: access.database,
      migrations: readMigrations(),
      access: readAccessSteps(),
      dryRun: options.dryRun,
      warn: say,
    });
    await out.table(outcomes);
    return 0;
  },
});

if (import.meta.main) await execute(migrate);
