// The table of a bench: each figure beside what it is held against.
import type { Metric } from "#scripts/bench-result.ts";

const WHOLE_FROM = 100;

export function tableOf(metrics: readonly Metric[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const rows = metrics.map(({ metric, value, unit, baseline }) =>
    line([metric, `${round(value)} ${unit}`, round(baseline), (value / baseline).toFixed(3)]),
  );
  return [line(["metric", "ours", "baseline", "ratio"]), line(["---", "---:", "---:", "---:"])]
    .concat(rows)
    .join("");
}

function round(value: number): string {
  return value >= WHOLE_FROM ? Math.round(value).toLocaleString("en") : value.toFixed(2);
}
