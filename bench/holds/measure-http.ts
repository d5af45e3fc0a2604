// Holds over HTTP: ours beside a bare Express under the same load, and the best seats of a large house.
import { join } from "node:path";
import type { BenchTools, Metric } from "#scripts/bench-result.ts";
import type { LoadOrder, LoadReport } from "../kit/load.ts";
import { reportOf, startTarget, type Target } from "../kit/processes.ts";
import { medianOf } from "../kit/rounds.ts";
import { bestSeats, chosenSeats } from "./requests.ts";

const fileOf = (name: string) => join(import.meta.dirname, name);
const [BARE, HOUSE, LOAD] = ["serve-bare.ts", "serve-house.ts", "../kit/load.ts"].map(fileOf) as [
  ...[string, string, string],
];
const CONNECTIONS = 64;
const ROUNDS = 5;
const ROUND_MS = 4_000;
const WARM_UP_MS = 1_500;
const BEST_CONNECTIONS = 16;
const BEST_ANSWERS = 800;
const BEST_LIMIT_MS = 60_000;
/** Below this the figure would be of refusals, which are cheaper. */
const GRANTED_MIN = 0.95;

type Services = Record<string, string>;

export async function measureHttp(services: Services, tools: BenchTools): Promise<Metric[]> {
  const { signal } = tools;
  const bare = await startTarget(BARE, { env: services, signal });
  const house = await startTarget(HOUSE, { args: ["chosen"], env: services, signal });
  try {
    const seats = house.seats;
    const load = (target: Target, limitMs: number) => {
      const requests = chosenSeats(target, seats);
      const order = { port: target.port, connections: CONNECTIONS, limitMs, requests };
      return putLoad({ ...order, answersMax: Number.MAX_SAFE_INTEGER }, signal);
    };
    for (const target of [house, bare]) await load(target, WARM_UP_MS);
    const ours: LoadReport[] = [];
    const theirs: LoadReport[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(requireGranted(await load(house, ROUND_MS)));
      theirs.push(await load(bare, ROUND_MS));
    }
    return [
      {
        metric: "http_hold_vs_bare_express",
        value: medianOf(ours, ({ perSecond }) => perSecond),
        unit: "req/s",
        baseline: medianOf(theirs, ({ perSecond }) => perSecond),
      },
      {
        metric: "http_hold_p99_vs_bare_express",
        value: medianOf(ours, ({ p99Ms }) => p99Ms),
        unit: "ms",
        baseline: medianOf(theirs, ({ p99Ms }) => p99Ms),
      },
    ];
  } finally {
    await house.stop();
    await bare.stop();
  }
}

export async function measureBest(services: Services, tools: BenchTools): Promise<Metric[]> {
  const { signal } = tools;
  const house = await startTarget(HOUSE, { args: ["best"], env: services, signal });
  try {
    const load = (requests: string[], answersMax: number) => {
      const order = { port: house.port, connections: BEST_CONNECTIONS, answersMax, requests };
      return putLoad({ ...order, limitMs: BEST_LIMIT_MS }, signal);
    };
    // The first request reads the plan and looks at all seats.
    await load(bestSeats(house), BEST_CONNECTIONS);
    const best = requireGranted(await load(bestSeats(house).reverse(), BEST_ANSWERS));
    // From the far end of the house, where nobody was given the best seats yet.
    const chosen = await load(chosenSeats(house, house.seats.toReversed()), BEST_ANSWERS);
    return [
      {
        metric: "best_available_p95_ms",
        value: best.p95Ms,
        unit: "ms",
        baseline: chosen.p95Ms,
        baselines: { "chosen seats, p95": chosen.p95Ms, "best available, p50": best.p50Ms },
      },
    ];
  } finally {
    await house.stop();
  }
}

function putLoad(order: Omit<LoadOrder, "status">, signal: AbortSignal): Promise<LoadReport> {
  return reportOf<LoadReport>(LOAD, { ...order, status: "201" }, { signal });
}

function requireGranted(report: LoadReport): LoadReport {
  if (report.granted >= GRANTED_MIN) return report;
  throw new Error(`Only ${Math.round(report.granted * 100)} % of the holds were granted.`);
}
