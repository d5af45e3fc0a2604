// Gas of the product's calls under the next fork's rules, beside today's: a report, no promise.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createHardhatRuntimeEnvironment, importUserConfig } from "hardhat/hre";
import type { Bench, Metric } from "#scripts/bench-result.ts";
import { repositoryRoot } from "#scripts/services/packages.ts";
import type { Artifact } from "../gas/artifacts.ts";
import { accountAt, openChain, type Rules } from "../gas/chain.ts";
import { type Figures, measure } from "../gas/measure.ts";
import { stagedoor } from "../gas/stagedoor.ts";

type Key = Exclude<keyof Figures, "name" | "hasSeatIds">;

const ROWS: readonly { title: string; metric: string; key: Key }[] = [
  { title: "mint, 100 fresh wallets, per ticket", metric: "mint_100_fresh", key: "mintFresh" },
  { title: "mint, queue mix, per ticket", metric: "mint_queue_mix", key: "queueMix" },
  { title: "transfer", metric: "transfer_existing", key: "transfer" },
  { title: "check-in, 1", metric: "checkin_1", key: "checkInOne" },
  { title: "check-in, 100, per ticket", metric: "checkin_100", key: "checkInHundred" },
  { title: "resale", metric: "resale_signed_ask", key: "resale" },
  { title: "deployment", metric: "deployment", key: "deploy" },
];

export const bench: Bench = async ({ progress, signal }) => {
  const config = join(repositoryRoot, "hardhat.config.ts");
  const settings = await importUserConfig(config);
  const hre = await createHardhatRuntimeEnvironment(settings, { config }, repositoryRoot);
  await progress.step("Compile", () => hre.tasks.getTask("build").run({ quiet: true }));
  const under = async (rules: Rules): Promise<Figures> => {
    signal.throwIfAborted();
    const chain = await openChain(hre, rules);
    try {
      const people = {
        minter: accountAt(chain.accounts, 0),
        seller: accountAt(chain.accounts, 1),
        buyer: accountAt(chain.accounts, 2),
      };
      const product = async (name: string) =>
        (await hre.artifacts.readArtifact(`contracts/${name}.sol:${name}`)) as unknown as Artifact;
      const peer = () => Promise.reject(new Error("There are no peers here."));
      const hasProduct = (name: string) =>
        existsSync(join(repositoryRoot, `contracts/${name}.sol`));
      const artifacts = { product, peer, hasProduct };
      const contender = await stagedoor({ chain, artifacts, people });
      return await measure(contender, { chain, people, withResale: true });
    } finally {
      await chain.close();
    }
  };
  const today = await progress.step("Osaka", () => under("osaka"));
  const next = await progress.step("Amsterdam", () => under("amsterdam"));
  return { metrics: metricsOf(today, next), table: tableOf(today, next) };
};

function metricsOf(today: Figures, next: Figures): Metric[] {
  return ROWS.flatMap(({ metric, key }) => {
    const [value, baseline] = [next[key], today[key]];
    if (value === undefined || baseline === undefined) return [];
    return [{ metric: `amsterdam_${metric}_gas`, value, unit: "gas", baseline }];
  });
}

function tableOf(today: Figures, next: Figures): string {
  const lines = ROWS.map(({ title, key }) => {
    const [before, after] = [today[key] ?? 0, next[key] ?? 0];
    const times = (after / before).toFixed(2);
    return `| ${title} | ${number(before)} | ${number(after)} | ${times} |`;
  });
  const head = ["| | Osaka | Amsterdam | times |", "| --- | ---: | ---: | ---: |"];
  return `${[...head, ...lines].join("\n")}\n`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}
