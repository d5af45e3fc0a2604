// Proves that a node left out no log: by the header's bloom, else by the block's receipts.
import type { Hex, PublicClient } from "viem";
import { Fault } from "#server/domain/failure.ts";
import { type Chain, onChain } from "#server/platform/chain.ts";
import { isExactly, mayHold } from "./bloom.ts";
import type { RawLog } from "./decode.ts";
import type { Header } from "./header.ts";

/** Receipts of a full block are some megabytes. */
const RECEIPTS_AT_ONCE = 4;

/**
 * A node whose index is damaged, or that answers before it has read a block whole, gives fewer
 * logs without an error. Where other contracts have logs in the block as well, its header cannot
 * decide, and the receipts are asked for: of another node if there is one.
 */
export async function requireComplete(
  chain: Chain,
  given: { headers: readonly Header[]; logs: readonly RawLog[]; contracts: readonly Hex[] },
): Promise<void> {
  const { headers, logs, contracts } = given;
  const byBlock = new Map<string, RawLog[]>();
  for (const log of logs) {
    const list = byBlock.get(log.blockHash);
    if (list === undefined) byBlock.set(log.blockHash, [log]);
    else list.push(log);
  }
  const doubtful = headers.filter(({ hash, logsBloom }) => {
    const found = byBlock.get(hash);
    if (found !== undefined) return !isExactly(logsBloom, found);
    return contracts.some((contract) => mayHold(logsBloom, contract));
  });
  for (let at = 0; at < doubtful.length; at += RECEIPTS_AT_ONCE) {
    await Promise.all(
      doubtful.slice(at, at + RECEIPTS_AT_ONCE).map(async (header) => {
        const expected = await countInReceipts(chain, header, contracts);
        const found = byBlock.get(header.hash)?.length ?? 0;
        if (expected !== undefined && expected !== found) throw leftOut(header, expected, found);
      }),
    );
  }
}

/** undefined where no node tells: then the contracts' own order is what is left (link.ts). */
async function countInReceipts(
  chain: Chain,
  { hash }: Header,
  contracts: readonly Hex[],
): Promise<number | undefined> {
  const ours = new Set<string>(contracts);
  for (const client of [...(chain.witnesses ?? []), chain.client]) {
    const receipts = await blockReceipts(client, hash);
    if (receipts === undefined) continue;
    return receipts
      .flatMap(({ logs }) => logs)
      .filter(({ address }) => ours.has(address.toLowerCase())).length;
  }
  return undefined;
}

interface Receipt {
  logs: { address: string }[];
}

async function blockReceipts(client: PublicClient, hash: Hex): Promise<Receipt[] | undefined> {
  try {
    const question = { method: "eth_getBlockReceipts", params: [hash] };
    const answer = await onChain(() => client.request(question as never));
    return (answer as Receipt[] | null) ?? undefined;
  } catch (error) {
    if (error instanceof Fault) throw error;
    // Not every provider knows the method.
    return undefined;
  }
}

function leftOut({ number }: Header, expected: number, found: number): Fault {
  return new Fault("chain/unreachable", "The node left out logs: a block has more of them.", {
    data: { block: number, expected, found },
  });
}
