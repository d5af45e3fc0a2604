// Finds, without spending anything, which lines of a batch the contract would mint.
import { encodeFunctionData, type Hex } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { Fault } from "../domain/failure.ts";
import { encodeRuns } from "../domain/mint-runs.ts";
import { type Chain, onChain } from "../platform/chain.ts";
import { revertData } from "../platform/tx/revert-data.ts";
import type { MintLine } from "./choose-lines.ts";
import { readRevert } from "./revert.ts";

export interface Simulation {
  /** undefined when not a single line can be minted. */
  mintable: { data: Hex; gas: bigint; lines: MintLine[] } | undefined;
  poisoned: { line: MintLine; reason: string }[];
}

interface Target {
  chain: Chain;
  from: `0x${string}`;
  eventId: number;
}

export async function simulateMint(target: Target, lines: MintLine[]): Promise<Simulation> {
  const poisoned: Simulation["poisoned"] = [];
  let rest = lines;
  // Each round takes out at least one line, so there are at most as many rounds as lines.
  for (let round = 0; round <= lines.length && rest.length > 0; round += 1) {
    const attempt = await tryMint(target, rest);
    if (attempt.outcome === "mints")
      return { mintable: { data: attempt.data, gas: attempt.gas, lines: rest }, poisoned };
    const bad = await findPoisoned(target, rest, attempt.ticketId);
    poisoned.push({ line: bad, reason: attempt.name });
    rest = rest.filter((line) => line !== bad);
  }
  return { mintable: undefined, poisoned };
}

/** Most errors name the ticket; where one does not, halving finds it in a few calls. */
async function findPoisoned(
  target: Target,
  lines: MintLine[],
  ticketId: bigint | undefined,
): Promise<MintLine> {
  const named = lines.find((line) => line.ticketId === ticketId);
  let suspects = named === undefined ? lines : [named];
  while (suspects.length > 1) {
    const half = suspects.slice(0, Math.ceil(suspects.length / 2));
    const { outcome } = await tryMint(target, half);
    suspects = outcome === "mints" ? suspects.slice(half.length) : half;
  }
  return suspects[0] as MintLine;
}

async function tryMint({ chain, from, eventId }: Target, lines: readonly MintLine[]) {
  const [first] = lines;
  const data = encodeFunctionData({
    abi: ticketsAbi,
    functionName: "mintRuns",
    args: [BigInt(eventId), first?.class ?? 0, Number(first?.unitPrice ?? 0n), encodeRuns(lines)],
  });
  const { client, deployment } = chain;
  try {
    const gas = await onChain(() =>
      client.estimateGas({ account: from, to: deployment.tickets, data }),
    );
    return { outcome: "mints" as const, data, gas };
  } catch (error) {
    const thrown = revertData(error);
    if (thrown === null) throw error;
    const revert = readRevert(thrown);
    if (revert.kind === "batch") {
      throw new Fault("chain/unreachable", `The contract refuses the batch: ${revert.name}.`, {
        cause: error,
      });
    }
    return { outcome: "refused" as const, ...revert };
  }
}
