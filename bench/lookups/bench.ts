// Lookups of a wallet's tickets and of one ticket among a million, beside the same SQL in a bare Express.
import { join } from "node:path";
import type { Bench, BenchTools, Metric } from "#scripts/bench-result.ts";
import type { LoadOrder, LoadReport } from "../kit/load.ts";
import { reportOf, startTarget, type Target } from "../kit/processes.ts";
import { medianOf } from "../kit/rounds.ts";
import { withServices } from "../kit/services.ts";
import { tableOf } from "../kit/table.ts";
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

export const bench: Bench = async (tools: BenchTools) =>
  withServices(tools, {}, async ({ env }) => {
    const metrics = await measure({ ...env, NODE_ENV: "production" }, tools);
    return { metrics, table: tableOf(metrics) };
  });

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
