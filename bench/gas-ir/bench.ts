// The same table through the compiler's newer pipeline, and how far the product's two builds are apart.
import type { Bench, Metric } from "#scripts/bench-result.ts";
import { measureAll } from "../gas/bench.ts";
import { METRICS, type Measured, tableOf } from "../gas/report.ts";

export const bench: Bench = async (tools) => {
  const deployed = await measureAll(tools);
  const newer = await measureAll(tools, "ir");
  return { metrics: metricsOf(deployed, newer), table: tableOf(newer) };
};

/** The baseline is what is deployed. */
function metricsOf(deployed: Measured, newer: Measured): Metric[] {
  const fresh: Metric = {
    metric: "ir_mint_100_fresh_vs_floor",
    value: newer.product.mintFresh,
    unit: "gas/ticket",
    baseline: newer.floor.mintFresh,
  };
  const others = METRICS.flatMap(({ metric, key, unit }) => {
    const [value, baseline] = [newer.product[key], deployed.product[key]];
    if (value === undefined || baseline === undefined) return [];
    return [{ metric: `ir_${metric}`, value, unit, baseline }];
  });
  return [fresh, ...others];
}
