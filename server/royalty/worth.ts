// Whether a payout is worth its gas: what it costs must be a small part of what is paid.
import { zeroAddress } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { type Chain, onChain } from "../platform/chain.ts";
import { readRefused } from "../platform/tx/refused.ts";

export interface Payout {
  eventId: number;
  amount: bigint;
  currency: string;
  to: `0x${string}`;
  data: `0x${string}`;
}

/** What a token is worth in the chain's coin nobody knows here: ten of its whole units. */
const CENTS_MIN = 1_000n;

/** Why it should wait; undefined where it need not, or where the contract will say why. */
export async function whyNotWorth(
  chain: Chain,
  signer: `0x${string}`,
  payout: Payout & { gasPercentMax: number },
): Promise<string | undefined> {
  const { eventId, amount, currency, gasPercentMax, to, data } = payout;
  const { client, deployment } = chain;
  if (currency !== zeroAddress) {
    const { faceUnit } = await onChain(() =>
      client.readContract({
        ...{ address: deployment.tickets, abi: ticketsAbi, functionName: "eventOf" },
        args: [BigInt(eventId)],
      }),
    );
    return amount < CENTS_MIN * BigInt(faceUnit) ? "less than 10.00 of its currency" : undefined;
  }
  try {
    const [gas, fees] = await onChain(() =>
      Promise.all([
        client.estimateGas({ account: signer, to, data }),
        client.estimateFeesPerGas({ type: "eip1559", chain: null }),
      ]),
    );
    const isDear = gas * fees.maxFeePerGas * 100n > amount * BigInt(gasPercentMax);
    return isDear ? `its gas is more than ${gasPercentMax} % of it` : undefined;
  } catch (error) {
    if (readRefused(error) === undefined) throw error;
    return undefined;
  }
}
