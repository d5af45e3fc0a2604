// Orders from a hold to a captured payment, beside the bare claim transaction that each of them contains.
import { join } from "node:path";
import type { Bench, BenchTools, Metric } from "#scripts/bench-result.ts";
import { reportOf, startTarget, type Target } from "../kit/processes.ts";
import { medianOf } from "../kit/rounds.ts";
import { withServices } from "../kit/services.ts";
import { tableOf } from "../kit/table.ts";
import type { BareOrder, BareReport } from "./claim-barely.ts";
import type { JourneyOrder, JourneyReport } from "./load.ts";

const ROUNDS = 5;
const ROUNDS_FEW = 3;
const ROUND_MS = 3_000;
/** Node compiles the code that runs often: an order takes a quarter less of its time after that. */
const WARM_UP_MS = 10_000;
const BARE_WARM_UP_MS = 2_000;
/** As many as come at once in a drop, and as few as on a busy evening. */
const CONNECTIONS = 200;
const CONNECTIONS_FEW = 64;
/** As many as the API has. */
const DB_CONNECTIONS = 20;
const SEATS_PER_ORDER = 2;
/** Below this the figure would be of refusals, which are cheaper. */
const PAID_MIN = 0.99;
/** As its scaling guide has it of a large installation: 300 to 400. */
const PRETIX_TICKETS_PER_MINUTE = 400;
const SECONDS_PER_MINUTE = 60;

type House = Target & { databaseUrl: string };

export const bench: Bench = async (tools: BenchTools) =>
  withServices(tools, {}, async ({ env: services }) => {
    // The development provider is for development alone.
    const env = { ...services, NODE_ENV: "development" };
    const metrics = await tools.progress.step("Orders", () => measure(env, tools.signal));
    return { metrics, table: tableOf(metrics) };
  });

async function measure(env: Record<string, string>, signal: AbortSignal): Promise<Metric[]> {
  const house = (await startTarget(fileOf("serve-house.ts"), { env, signal })) as House;
  try {
    const round = createRounds(house, signal);
    await round.ours(CONNECTIONS, WARM_UP_MS);
    await round.bare(CONNECTIONS, BARE_WARM_UP_MS);
    const many = await takeTurns(round, CONNECTIONS, ROUNDS);
    const few = await takeTurns(round, CONNECTIONS_FEW, ROUNDS_FEW);
    return [
      {
        metric: "orders_per_s",
        value: many.orders,
        unit: "orders/s",
        baseline: PRETIX_TICKETS_PER_MINUTE / SECONDS_PER_MINUTE / SEATS_PER_ORDER,
        baselines: {
          "pretix, orders/s of two": PRETIX_TICKETS_PER_MINUTE / SECONDS_PER_MINUTE / 2,
        },
      },
      {
        metric: "orders_vs_claims",
        value: many.orders,
        unit: "orders/s",
        baseline: many.claims,
        baselines: { "order p50, ms": many.p50Ms, "order p99, ms": many.p99Ms },
      },
      {
        metric: "orders_vs_claims_64_fans",
        value: few.orders,
        unit: "orders/s",
        baseline: few.claims,
        baselines: { "order p50, ms": few.p50Ms, "order p99, ms": few.p99Ms },
      },
    ];
  } finally {
    await house.stop();
  }
}

async function takeTurns(
  round: ReturnType<typeof createRounds>,
  connections: number,
  rounds: number,
) {
  const ours: JourneyReport[] = [];
  const bare: BareReport[] = [];
  for (let at = 0; at < rounds; at += 1) {
    ours.push(await round.ours(connections, ROUND_MS));
    bare.push(await round.bare(connections, ROUND_MS));
  }
  return {
    orders: medianOf(ours, ({ perSecond }) => perSecond),
    claims: medianOf(bare, ({ perSecond }) => perSecond),
    p50Ms: medianOf(ours, ({ p50Ms }) => p50Ms),
    p99Ms: medianOf(ours, ({ p99Ms }) => p99Ms),
  };
}

/** Every round takes seats that nobody had before. */
function createRounds(house: House, signal: AbortSignal) {
  const { port, eventId, tokens, seats, databaseUrl } = house;
  let taken = 0;
  let claimed = 0;
  return {
    ours: async (connections: number, limitMs: number): Promise<JourneyReport> => {
      const left: number[][] = [];
      for (let at = taken; at + 1 < seats.length; at += SEATS_PER_ORDER) {
        left.push(seats.slice(at, at + SEATS_PER_ORDER));
      }
      const load = { port, eventId, tokens, connections, limitMs, seats: left };
      const order: JourneyOrder = load;
      const report = await reportOf<JourneyReport>(fileOf("load.ts"), order, { signal });
      taken += report.begun * SEATS_PER_ORDER;
      if (report.paid < report.begun * PAID_MIN) {
        throw new Error(`Only ${report.paid} of ${report.begun} orders were paid.`);
      }
      return report;
    },
    bare: async (connections: number, limitMs: number): Promise<BareReport> => {
      const order: BareOrder = {
        ...{ databaseUrl, limitMs, from: claimed * SEATS_PER_ORDER },
        ...{ callers: connections, connections: DB_CONNECTIONS, seatsPerOrder: SEATS_PER_ORDER },
      };
      const report = await reportOf<BareReport>(fileOf("claim-barely.ts"), order, { signal });
      claimed += report.claimed;
      return report;
    },
  };
}

function fileOf(name: string): string {
  return join(import.meta.dirname, name);
}
