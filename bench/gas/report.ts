// Says what was measured, as metrics for machines and as one table for people.
import type { BenchResult, Metric } from "#scripts/bench-result.ts";
import type { Figures } from "./measure.ts";

export type Measured = { floor: Figures; product: Figures; peers: Figures[] };

type Key = Exclude<keyof Figures, "name" | "hasSeatIds">;

/** The names under which the figures are kept elsewhere. */
export const METRICS: readonly { metric: string; key: Key; unit: string }[] = [
  { metric: "mint_queue_mix_gas", key: "queueMix", unit: "gas/ticket" },
  { metric: "mint_mix_3_prices_gas", key: "threePrices", unit: "gas/ticket" },
  { metric: "transfer_existing_gas", key: "transfer", unit: "gas" },
  { metric: "checkin_100_gas", key: "checkInHundred", unit: "gas/ticket" },
  { metric: "resale_signed_ask_gas", key: "resale", unit: "gas" },
  { metric: "resale_in_token_gas", key: "resaleInToken", unit: "gas" },
];

const COLUMNS: readonly { title: string; key: Key; overFloor?: true }[] = [
  { title: "mint, 1, fresh wallet", key: "mintOne", overFloor: true },
  { title: "mint, 1, returning", key: "mintOneReturning", overFloor: true },
  { title: "mint, 10 to one", key: "mintTenToOne", overFloor: true },
  { title: "mint, 100 to one", key: "mintHundredToOne", overFloor: true },
  { title: "mint, 100 fresh wallets", key: "mintFresh", overFloor: true },
  { title: "mint, queue mix", key: "queueMix", overFloor: true },
  { title: "mint, queue mix, 30 % returning", key: "queueMixReturning", overFloor: true },
  { title: "mint, 3 prices", key: "threePrices" },
  { title: "transfer", key: "transfer" },
  { title: "transfer to a fresh wallet", key: "transferToNew" },
  { title: "transfer out of an order", key: "transferOfOrder" },
  { title: "check-in, 1", key: "checkInOne" },
  { title: "check-in, 100", key: "checkInHundred" },
  { title: "resale", key: "resale" },
  { title: "resale in a token", key: "resaleInToken" },
  { title: "deployment", key: "deploy" },
  { title: "bytes", key: "bytes" },
];

export function report(measured: Measured): BenchResult {
  return { metrics: metricsOf(measured), table: tableOf(measured) };
}

function metricsOf({ floor, product, peers }: Measured): Metric[] {
  const fresh: Metric = {
    metric: "mint_100_fresh_vs_floor",
    value: product.mintFresh,
    unit: "gas/ticket",
    baseline: floor.mintFresh,
    baselines: byName([floor, ...peers], "mintFresh"),
  };
  const others = METRICS.flatMap(({ metric, key, unit }) => {
    const value = product[key];
    // Numbered tickets say nothing of seats, so they are listed, but are no measure for ours.
    const comparable = byName(
      peers.filter(({ hasSeatIds }) => hasSeatIds),
      key,
    );
    const baseline = Math.min(...Object.values(comparable));
    return value === undefined
      ? []
      : [{ metric, value, unit, baseline, baselines: byName(peers, key) }];
  });
  return [fresh, ...others];
}

function byName(all: readonly Figures[], key: Key): Record<string, number> {
  return Object.fromEntries(
    all.flatMap(({ name, [key]: value }) => (value === undefined ? [] : [[name, value]])),
  );
}

export function tableOf({ floor, product, peers }: Measured): string {
  const columns = COLUMNS.filter(({ key }) => product[key] !== undefined).flatMap((column) => {
    const { title, key } = column;
    const plain = { title, cell: (row: Figures) => grouped(row[key]) };
    if (column.overFloor === undefined) return [plain];
    return [plain, { title: "over the floor", cell: (row: Figures) => distance(row, floor, key) }];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const rows = [product, ...peers, floor].map((row) =>
    line([row.name, ...columns.map(({ cell }) => cell(row))]),
  );
  return [
    line(["gas", ...columns.map(({ title }) => title)]),
    line(["---", ...columns.map(() => "---:")]),
    ...rows,
  ].join("");
}

function grouped(value: number | undefined): string {
  return value === undefined ? "–" : Math.round(value).toLocaleString("en");
}

function distance(row: Figures, floor: Figures, key: Key): string {
  const [value, least] = [row[key], floor[key]];
  if (value === undefined || least === undefined) return "–";
  return `${((value / least - 1) * 100).toFixed(2)} %`;
}
