// The mint line: how fast paid lines are taken, minted, and how long one waits where nobody else does.
import { join } from "node:path";
import type { Bench, BenchTools, Metric } from "#scripts/bench-result.ts";
import { reportOf } from "../kit/processes.ts";
import { medianOf } from "../kit/rounds.ts";
import { withServices } from "../kit/services.ts";
import { tableOf } from "../kit/table.ts";
import type { IntakeReport } from "./measure-intake.ts";
import type { RateOrder, RateReport } from "./measure-rate.ts";
import type { WaitReport } from "./measure-wait.ts";

const BLOCK_MS = 1_000;
const GAS_LIMIT = 60_000_000;
/** What a chain's base fee keeps blocks at in the long run: half of what a block may have. */
const GAS_TARGET = GAS_LIMIT / 2;
const BIG_GAS_LIMIT = 1_000_000_000;
const KEYS = 3;
const MANY_KEYS = 12;
const LIMITED: RateOrder = {
  ...{ keys: KEYS, gasLimit: GAS_LIMIT, backlog: 20_000, windowMs: 12_000, ceiling: false },
};
const UNLIMITED: RateOrder = {
  ...{ keys: MANY_KEYS, gasLimit: BIG_GAS_LIMIT, backlog: 60_000, windowMs: 8_000, ceiling: true },
};

export const bench: Bench = async (tools: BenchTools) =>
  withServices(tools, { blockTimeMs: BLOCK_MS }, async ({ env: services }) => {
    const { progress, signal } = tools;
    const env = { ...services, TEST_LOG_LEVEL: "silent", NODE_ENV: "development" };
    const measure = <Report>(name: string, file: string, order: object = {}) =>
      progress.step(name, () =>
        reportOf<Report>(join(import.meta.dirname, file), order, { env, signal }),
      );
    const intake = await measure<IntakeReport>("Intake", "measure-intake.ts");
    const wait = await measure<WaitReport>("One ticket", "measure-wait.ts");
    const limited = await measure<RateReport>("Full blocks", "measure-rate.ts", LIMITED);
    const big = await measure<RateReport>("Big blocks", "measure-rate.ts", UNLIMITED);
    const metrics = metricsOf({ intake, wait, limited, big });
    return { metrics, table: tableOf(metrics) };
  });

function metricsOf(of: {
  intake: IntakeReport;
  wait: WaitReport;
  limited: RateReport;
  big: RateReport;
}): Metric[] {
  const { intake, wait, limited, big } = of;
  const bound = GAS_TARGET / limited.gasPerTicket / (BLOCK_MS / 1_000);
  const waitedMs = medianOf(wait.tookMs, Number);
  return [
    {
      metric: "intake_vs_job_per_ticket",
      ...{ value: intake.ours, unit: "tickets/s", baseline: intake.jobs },
    },
    {
      metric: "tickets_vs_gas_bound",
      ...{ value: limited.perSecond, unit: "tickets/s", baseline: bound },
      baselines: { "gas of a ticket": limited.gasPerTicket },
    },
    {
      metric: "tickets_vs_chain_ceiling",
      ...{ value: big.perSecond, unit: "tickets/s", baseline: big.ceilingPerSecond },
    },
    {
      metric: "paid_to_included_ms",
      // Who comes at any moment waits for half of a block, whoever mints.
      ...{ value: waitedMs - BLOCK_MS / 2, unit: "ms", baseline: BLOCK_MS },
      baselines: { "all of it, p50": waitedMs, "all of it, longest": Math.max(...wait.tookMs) },
    },
  ];
}
