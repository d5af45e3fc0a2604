// Holds of seats: our route beside a bare Express, our script beside a plain one, and the best seats left.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench, BenchTools, Metric } from "#scripts/bench-result.ts";
import { startServices } from "#scripts/services/start-services.ts";
import { measureBest, measureHttp } from "./measure-http.ts";
import { measureLua } from "./measure-lua.ts";

export const bench: Bench = async (tools: BenchTools) => {
  const { progress, signal } = tools;
  const lua = await progress.step("Scripts in Redis", () => measureLua(signal));
  const home = mkdtempSync(join(tmpdir(), "stagedoor-bench-"));
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
    const http = await progress.step("Holds over HTTP", () => measureHttp(env, tools));
    const best = await progress.step("Best available", () => measureBest(env, tools));
    const metrics = [...http, ...lua, ...best];
    return { metrics, table: tableOf(metrics) };
  } finally {
    await services.stop();
    rmSync(home, { recursive: true, force: true });
  }
};

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
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(1);
}
