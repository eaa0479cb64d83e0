// The compose, Prometheus and Grafana files hold together: they parse, and name only services, files and metrics that exist.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { settings } from "#detector/config.ts";
import { parseBytes } from "#runtime/units.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const text = (path: string): string => readFileSync(resolve(root, path), "utf8");
const yaml = (path: string): unknown => parse(text(path), { merge: true });
const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(resolve(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: unknown;
  readonly mem_limit?: string;
  readonly environment?: Readonly<Record<string, string>>;
}
interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes?: Readonly<Record<string, null>>;
}
interface BenchResults {
  readonly rows: readonly { readonly figure: string; readonly value: number }[];
}
interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly w: number };
    readonly targets: readonly { readonly datasource: { readonly uid: string }; readonly expr?: string }[];
  }[];
}

const included = (yaml("docker-compose.yml") as { include: string[] }).include;
const composeFiles = included.map((path) => ({ path, ...(yaml(path) as ComposeFile) }));
const services = composeFiles.flatMap(({ path, services: own, volumes: declared = {} }) =>
  Object.entries(own).map(([name, service]) => ({ name, path, declared, ...service })),
);
const ours = readdirSync(resolve(root, "services")).filter((name) =>
  existsSync(resolve(root, `services/${name}/main.ts`)),
);

/** Names of our metrics as the reference lists them, with the series that a histogram has. */
const ourMetrics = new Set(
  [...text("services/REFERENCE.md").matchAll(/^\| `(earshot_\w+)` \| (\w+)/gm)].flatMap(([, name = "", type]) =>
    type === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
  ),
);
const metricsIn = (expression: string): string[] => expression.match(/\bearshot_\w+/g) ?? [];

describe("the compose files", () => {
  it("are all included", () => {
    expect([...included].toSorted()).toEqual(filesIn("infra/compose", ".yml").toSorted());
  });

  it.each(services)(
    "$name is pinned, bounded in memory and listens on loopback unless told",
    ({ image, ports = [], mem_limit }) => {
      expect(image).toMatch(/^[\w./-]+:(?!latest)[\w.-]+$/);
      expect(mem_limit).toMatch(/^\d+[mg]$/);
      for (const port of ports) expect(port).toMatch(/^\$\{BIND_ADDRESS:-127\.0\.0\.1\}:\$\{\w+_PORT:-\d+\}:\d+$/);
    },
  );

  it("give a detector twice the memory that its budget of visits takes, half of it outside the heap", () => {
    const { detector } = (yaml("infra/compose/services.yml") as ComposeFile).services;
    const { mem_limit = "", environment } = detector ?? {};
    const limit = parseBytes(mem_limit.replace("g", "GiB")) ?? 0;
    const heap = Number(/--max-old-space-size=(\d+)/.exec(environment?.["NODE_OPTIONS"] ?? "")?.[1]) * 1_048_576;
    const { rows } = JSON.parse(text("test/bench/results.json")) as BenchResults;
    const perVisit = rows.find(({ figure }) => figure === "per live visit of 2.5 turns")?.value ?? Number.NaN;
    expect(Number(settings.visitBudget.default) * perVisit).toBeLessThan(limit / 2);
    expect(heap).toBe(limit / 2);
    // The rest of the environment is still there.
    expect(environment).toMatchObject({ KAFKA_BROKERS: expect.any(String) as unknown });
  });

  it.each(services)(
    "$name mounts and needs only what exists",
    ({ path, build, declared, volumes = [], depends_on = {} }) => {
      const folder = resolve(root, dirname(path));
      for (const mount of volumes) {
        const [source = ""] = mount.split(":");
        expect(source.startsWith(".") ? existsSync(resolve(folder, source)) : source in declared).toBe(true);
      }
      const dockerfile = build === undefined ? path : resolve(folder, build.context, build.dockerfile);
      expect(existsSync(resolve(root, dockerfile))).toBe(true);
      for (const dependency of Object.keys(depends_on)) expect(services.map(({ name }) => name)).toContain(dependency);
    },
  );

  it("run every service of the project", () => {
    expect(services.map(({ name }) => name)).toEqual(expect.arrayContaining(ours));
  });
});

describe("Prometheus", () => {
  it("scrapes every service", () => {
    const config = yaml("infra/prometheus/prometheus.yml") as {
      scrape_configs: { job_name: string; dns_sd_configs?: { names: string[] }[] }[];
    };
    const scraped = config.scrape_configs.flatMap((job) => job.dns_sd_configs?.flatMap(({ names }) => names) ?? []);
    expect(scraped.toSorted()).toEqual(ours.toSorted());
  });

  it("alerts on metrics that exist, and each alert says what to do", () => {
    const { groups } = yaml("infra/prometheus/rules.yml") as {
      groups: { rules: { alert: string; expr: string; annotations: { summary: string; cure: string } }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(0);
    for (const { expr, annotations } of rules) {
      expect([...ourMetrics]).toEqual(expect.arrayContaining(metricsIn(expr)));
      expect(annotations).toMatchObject({ summary: expect.any(String), cure: expect.any(String) });
    }
  });
});

describe("Grafana", () => {
  const provisioned = yaml("infra/grafana/provisioning/datasources/earshot.yml") as { datasources: { uid: string }[] };
  const dashboards = filesIn("infra/grafana/dashboards", ".json").map((path) => JSON.parse(text(path)) as Dashboard);

  it("is told where the dashboards are", () => {
    const { providers } = yaml("infra/grafana/provisioning/dashboards/earshot.yml") as {
      providers: { options: { path: string } }[];
    };
    const mounts = services.find(({ name }) => name === "grafana")?.volumes;
    expect(mounts).toContain(`../grafana/dashboards:${providers[0]?.options.path ?? "?"}:ro`);
  });

  it.each(dashboards)("$title asks provisioned sources for metrics that exist", ({ panels }) => {
    const sources = provisioned.datasources.map(({ uid }) => uid);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { gridPos, targets } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (const { datasource, expr = "" } of targets) {
        expect(sources).toContain(datasource.uid);
        expect([...ourMetrics]).toEqual(expect.arrayContaining(metricsIn(expr)));
      }
    }
  });
});
