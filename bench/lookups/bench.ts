// Lookups of a wallet's tickets and of one ticket among a million, beside the same SQL in a bare Express.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench, BenchTools, Metric } from "#scripts/bench-result.ts";
import { startServices } from "#scripts/services/start-services.ts";
import type { LoadOrder, LoadReport } from "../kit/load.ts";
import { reportOf, startTarget, type Target } from "../kit/processes.ts";
import { medianOf } from "../kit/rounds.ts";
import { requireSameAnswers } from "./same-answers.ts";

const ROUNDS = 5;
const ROUND_MS = 3_000;
/** Until Node has compiled what runs often, and Postgres has read the table. */
const WARM_UP_MS = 5_000;
/** As in the anchor. */
const CONNECTIONS = 32;
const COMPARED = 100;
const KINDS = ["owner", "ticket"] as const;

type Kind = (typeof KINDS)[number];
type House = Target & { databaseUrl: string; paths: Record<Kind, string[]> };

export const bench: Bench = async (tools: BenchTools) => {
  const { progress, signal } = tools;
  const home = mkdtempSync(join(tmpdir(), "stagedoor-bench-"));
  // The postgres user of a run by root must be able to pass through.
  chmodSync(home, 0o755);
  const want = { postgres: true, redis: true, chain: true };
  const services = await startServices({ home, want, progress, signal });
  try {
    const env = {
      TEST_DATABASE_URL: services.databaseUrl,
      TEST_REDIS_URL: services.redisUrl,
      TEST_RPC_URL: services.rpcUrl,
      TEST_LOG_LEVEL: "info",
      NODE_ENV: "production",
    };
    const metrics = await measure(env, tools);
    return { metrics, table: tableOf(metrics) };
  } finally {
    await services.stop();
    rmSync(home, { recursive: true, force: true });
  }
};

async function measure(
  env: Record<string, string>,
  { progress, signal }: BenchTools,
): Promise<Metric[]> {
  const house = (await progress.step("A million tickets", () =>
    startTarget(fileOf("serve-house.ts"), { env, signal }),
  )) as House;
  const args = [house.databaseUrl];
  const bare = await startTarget(fileOf("serve-bare.ts"), { args, env, signal });
  try {
    const ports = { ourPort: house.port, barePort: bare.port };
    const metrics: Metric[] = [];
    for (const kind of KINDS) {
      await requireSameAnswers(house.paths[kind].slice(0, COMPARED), ports);
      const measured = () => takeTurns(kind, { house, bare, signal });
      metrics.push(...(await progress.step(`Lookups by ${kind}`, measured)));
    }
    return metrics;
  } finally {
    await bare.stop();
    await house.stop();
  }
}

async function takeTurns(
  kind: Kind,
  { house, bare, signal }: { house: House; bare: Target; signal: AbortSignal },
): Promise<Metric[]> {
  const load = async ({ port }: Target, limitMs: number) => {
    const requests = house.paths[kind].map(
      (path) => `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
    );
    const order: LoadOrder = {
      ...{ port, limitMs, requests, status: "200" },
      ...{ connections: CONNECTIONS, answersMax: Number.MAX_SAFE_INTEGER },
    };
    const report = await reportOf<LoadReport>(fileOf("../kit/load.ts"), order, { signal });
    if (report.granted < 1) throw new Error(`Some lookups by ${kind} were not answered with 200.`);
    return report;
  };
  for (const target of [house, bare]) await load(target, WARM_UP_MS);
  const ours: LoadReport[] = [];
  const theirs: LoadReport[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await load(house, ROUND_MS));
    theirs.push(await load(bare, ROUND_MS));
  }
  const metricOf = (name: string, unit: string, of: (report: LoadReport) => number) => ({
    ...{ metric: `${kind}_lookup_${name}vs_raw_sql`, unit },
    ...{ value: medianOf(ours, of), baseline: medianOf(theirs, of) },
  });
  return [
    metricOf("", "req/s", ({ perSecond }) => perSecond),
    metricOf("p99_", "ms", ({ p99Ms }) => p99Ms),
  ];
}

function fileOf(name: string): string {
  return join(import.meta.dirname, name);
}

function tableOf(metrics: readonly Metric[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const rows = metrics.map(({ metric, value, unit, baseline }) =>
    line([metric, `${round(value)} ${unit}`, round(baseline), (value / baseline).toFixed(2)]),
  );
  return [line(["metric", "ours", "baseline", "ratio"]), line(["---", "---:", "---:", "---:"])]
    .concat(rows)
    .join("");
}

function round(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(2);
}
