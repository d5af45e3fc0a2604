// Tries an event's transactions one after the other without sending any: what they cost, or who refuses.
import type { Hex } from "viem";
import type { PublishStepName } from "../../domain/event.ts";
import { type Chain, onChain } from "../../platform/chain.ts";
import { decodeRefused, readRefused } from "../../platform/tx/refused.ts";
import type { ChainStep } from "./chain-steps.ts";

export interface StepEstimate {
  step: PublishStepName;
  /** null where only the chain after the step before would tell. */
  gas: bigint | null;
  costWei: bigint | null;
  /** The contract's error. */
  refusal: string | null;
}

export async function estimateSteps(
  chain: Chain,
  from: `0x${string}`,
  steps: readonly ChainStep[],
): Promise<StepEstimate[]> {
  const [first] = steps;
  if (first === undefined) return [];
  const { client } = chain;
  const { maxFeePerGas } = await onChain(() =>
    client.estimateFeesPerGas({ type: "eip1559", chain: null }),
  );
  const results = (await simulate(chain, from, steps)) ?? [await estimate(chain, from, first)];
  return steps.map(({ name }, at) => {
    const { gas = null, refusal = null } = results[at] ?? {};
    const costWei = gas === null ? null : gas * maxFeePerGas;
    return { step: name, gas, costWei, refusal };
  });
}

interface Result {
  gas?: bigint;
  refusal?: string;
}

/** All of them in one block that is never made; undefined where a node cannot do that. */
async function simulate(
  chain: Chain,
  from: `0x${string}`,
  steps: readonly ChainStep[],
): Promise<Result[] | undefined> {
  const calls = steps.map(({ to, data }) => ({ account: from, to, data }));
  try {
    const [block] = await onChain(() => chain.client.simulateBlocks({ blocks: [{ calls }] }));
    return block?.calls.map(({ status, gasUsed, data }) =>
      status === "success"
        ? { gas: gasUsed }
        : { refusal: decodeRefused(data as Hex | undefined).refusal },
    );
  } catch (error) {
    // eth_simulateV1 is young; what is no answer to it is asked in the old way.
    if (error instanceof Error && error.name === "Fault") throw error;
    return undefined;
  }
}

async function estimate(chain: Chain, from: `0x${string}`, step: ChainStep): Promise<Result> {
  const { to, data } = step;
  try {
    return { gas: await onChain(() => chain.client.estimateGas({ account: from, to, data })) };
  } catch (error) {
    const refused = readRefused(error);
    if (refused === undefined) throw error;
    return refused;
  }
}
