// Which block a transaction is in, by its receipt: where no log of ours can tell.
import { TransactionReceiptNotFoundError } from "viem";
import { type Chain, onChain } from "../chain.ts";

/** Undefined for one that reverted, or that no block has. */
export async function blockOf({ client }: Chain, hash: `0x${string}`): Promise<bigint | undefined> {
  try {
    const { status, blockNumber } = await onChain(() => client.getTransactionReceipt({ hash }));
    return status === "success" ? blockNumber : undefined;
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined;
    throw error;
  }
}
