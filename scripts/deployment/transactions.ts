// Sends a deployer's transactions one nonce after the other, and waits until each is in a block.
import type { JsonRpcProvider, TransactionReceipt } from "ethers";
import { Wallet } from "ethers";
import { Stop } from "../stop.ts";
import type { Hex } from "./duties.ts";

/** Several blocks of the slowest chain in use; a transaction that takes longer needs a person. */
const RECEIPT_TIMEOUT_MS = 180_000;
const RECEIPT_POLL_MS = 100;
/** A node's estimate is of this moment; contracts behave the same a block later, bar few words. */
const GAS_MARGIN_PERCENT = 15n;

/** To nobody: creates a contract. */
export type Call = {
  to: Hex | null;
  data: Hex;
  value?: bigint;
  /** Estimated before; creations take long to estimate. */
  gasLimit?: bigint;
};
export type Unsent = Call & { nonce: number; gasLimit: bigint };

/** The one place that a key is used in; tests put a failing one here. */
export type Sender = { address: Hex; send(transaction: Unsent): Promise<Hex> };

export function createSender(key: Hex, provider: JsonRpcProvider): Sender {
  const wallet = new Wallet(key, provider);
  return {
    address: wallet.address as Hex,
    // What was signed is not read again: of a contract's code that takes longer than signing it.
    send: async (transaction) => {
      const signed = await wallet.signTransaction(await wallet.populateTransaction(transaction));
      return (await provider.send("eth_sendRawTransaction", [signed])) as Hex;
    },
  };
}

export function withMargin(gas: bigint): bigint {
  return gas + (gas * GAS_MARGIN_PERCENT) / 100n;
}

/** All are sent before the first wait: a chain that mines once in a while takes them together. */
export async function sendAll(options: {
  provider: JsonRpcProvider;
  sender: Sender;
  calls: readonly Call[];
  onSent?: (index: number, hash: Hex) => void;
}): Promise<Hex[]> {
  const { provider, sender, calls, onSent } = options;
  const unsent: Omit<Unsent, "nonce">[] = [];
  for (const call of calls) {
    const estimate = () => provider.estimateGas({ ...call, from: sender.address });
    unsent.push({ ...call, gasLimit: call.gasLimit ?? withMargin(await estimate()) });
  }
  const first = await provider.getTransactionCount(sender.address, "latest");
  const hashes: Hex[] = [];
  for (const [index, call] of unsent.entries()) {
    const hash = await sender.send({ ...call, nonce: first + index });
    hashes.push(hash);
    onSent?.(index, hash);
  }
  return hashes;
}

export async function receiptOf(provider: JsonRpcProvider, hash: Hex): Promise<TransactionReceipt> {
  return await poll(`Transaction ${hash} is not mined`, () => provider.getTransactionReceipt(hash));
}

export async function requireSuccess(
  provider: JsonRpcProvider,
  hash: Hex,
): Promise<TransactionReceipt> {
  const receipt = await receiptOf(provider, hash);
  if (receipt.status !== 1) {
    throw new Stop(`Transaction ${hash} reverted.`, "Look it up, then go on with --resume.");
  }
  return receipt;
}

/** Behind one address there may be several nodes, and the next answer is another one's. */
export async function codeAt(provider: JsonRpcProvider, address: Hex): Promise<Hex> {
  return await poll(`No code is seen at ${address}`, async () => {
    const code = (await provider.getCode(address)) as Hex;
    return code === "0x" ? null : code;
  });
}

async function poll<T>(complaint: string, ask: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + RECEIPT_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== null) return answer;
    await new Promise((resolve) => setTimeout(resolve, RECEIPT_POLL_MS));
  }
  throw new Stop(
    `${complaint} after ${RECEIPT_TIMEOUT_MS / 1_000} s.`,
    "What was sent may still arrive; wait for it, then go on with --resume.",
  );
}
