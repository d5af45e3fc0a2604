// Gas of minting, moving, checking in and reselling tickets, beside other ERC-721 contracts.
import type { Bench, BenchTools } from "#scripts/bench-result.ts";
import { compile } from "./artifacts.ts";
import { accountAt, openChain } from "./chain.ts";
import type { ContenderTools } from "./contender.ts";
import { floor } from "./floor.ts";
import { type Figures, measure } from "./measure.ts";
import { peers } from "./peers.ts";
import type { Pipeline } from "./projects.ts";
import { type Measured, report } from "./report.ts";
import { stagedoor } from "./stagedoor.ts";

export const bench: Bench = async (tools) => report(await measureAll(tools));

/** Everybody through one pipeline of the compiler. */
export async function measureAll(
  { progress, signal }: BenchTools,
  pipeline: Pipeline = "default",
): Promise<Measured> {
  const compiled = progress.step("Compile", () => compile(signal, pipeline));
  const { product, artifacts } = await compiled;
  const chain = await openChain(product, "osaka", { anySize: pipeline !== "default" });
  try {
    const tools: ContenderTools = { chain, artifacts, people: peopleOf(chain.accounts) };
    const contenders = [await floor(tools), await stagedoor(tools), ...(await peers(tools))];
    // Nobody is compared in what the product does not do yet.
    const withResale = contenders[1]?.resell !== undefined;
    const [least, ours, ...others] = await progress.step("Measure", async () => {
      const figures: Figures[] = [];
      for (const contender of contenders) {
        signal.throwIfAborted();
        figures.push(await measure(contender, { ...tools, withResale, withTokens: withResale }));
      }
      return figures;
    });
    if (least === undefined || ours === undefined) throw new Error("Nothing was measured.");
    return { floor: least, product: ours, peers: others };
  } finally {
    await chain.close();
  }
}

function peopleOf(accounts: ContenderTools["chain"]["accounts"]): ContenderTools["people"] {
  return {
    minter: accountAt(accounts, 0),
    seller: accountAt(accounts, 1),
    buyer: accountAt(accounts, 2),
  };
}
