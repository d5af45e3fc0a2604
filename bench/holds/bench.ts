// Holds of seats: our route beside a bare Express, our script beside a plain one, and the best seats left.
import type { Bench, BenchTools } from "#scripts/bench-result.ts";
import { withServices } from "../kit/services.ts";
import { tableOf } from "../kit/table.ts";
import { measureBest, measureHttp } from "./measure-http.ts";
import { measureLua } from "./measure-lua.ts";

export const bench: Bench = async (tools: BenchTools) => {
  const { progress, signal } = tools;
  const lua = await progress.step("Scripts in Redis", () => measureLua(signal));
  return await withServices(tools, {}, async ({ env: services }) => {
    const env = { ...services, NODE_ENV: "production" };
    const http = await progress.step("Holds over HTTP", () => measureHttp(env, tools));
    const best = await progress.step("Best available", () => measureBest(env, tools));
    const metrics = [...http, ...lua, ...best];
    return { metrics, table: tableOf(metrics) };
  });
};
