// Compares what one node says with what the deployment's other nodes say.
import type { Hex, PublicClient } from "viem";
import type { Chain } from "#server/platform/chain.ts";
import type { RawLog } from "./answer.ts";
import { ask, readHex, readLogs } from "./answer.ts";
import { fetchHeader } from "./header.ts";
import { NodeFault } from "./node-fault.ts";

type Filter = { address: Hex[]; fromBlock: Hex; toBlock: Hex };

/**
 * Every other node that has come as far must give the same logs. One that does not answer is no
 * witness; a reorg under way looks like a lie and is gone at the next try.
 */
export async function requireSameLogs(
  chain: Chain,
  filter: Filter,
  logs: readonly RawLog[],
): Promise<void> {
  await Promise.all(
    (chain.witnesses ?? []).map(async (client) => {
      const said = await askForLogs(client, filter);
      if (said === undefined) return;
      const known = (log: RawLog) => BigInt(log.blockNumber) <= said.head;
      const [ours, theirs] = [logs.filter(known).map(nameOf), said.logs.filter(known).map(nameOf)];
      const at = ours.findIndex((name, index) => name !== theirs[index]);
      if (at === -1 && ours.length === theirs.length) return;
      throw new NodeFault("disagrees", "The nodes do not agree on the logs.", {
        data: { ours: ours.length, theirs: theirs.length, first: ours[at] ?? theirs[ours.length] },
      });
    }),
  );
}

/** How far the other nodes agree that the chain is final: `number` or less. */
export async function agreedFinal(
  chain: Chain,
  final: { number: bigint; hash: string },
): Promise<boolean> {
  const said = await Promise.all(
    (chain.witnesses ?? []).map((client) =>
      fetchHeader({ client }, final.number).catch(() => undefined),
    ),
  );
  for (const header of said) {
    if (header !== undefined && header.hash !== final.hash) {
      throw new NodeFault("disagrees", "The nodes do not agree on a block that is final.", {
        data: { block: final.number, ours: final.hash, theirs: header.hash },
      });
    }
  }
  return said.every((header) => header !== undefined);
}

async function askForLogs(
  client: PublicClient,
  filter: Filter,
): Promise<{ head: bigint; logs: RawLog[] } | undefined> {
  try {
    const [head, logs] = await Promise.all([
      ask(client, "eth_blockNumber").then((answer) => readHex(answer, "a block's number")),
      ask(client, "eth_getLogs", [filter]).then(readLogs),
    ]);
    const upTo = BigInt(filter.toBlock);
    const known = BigInt(head);
    return { head: known < upTo ? known : upTo, logs };
  } catch {
    return undefined;
  }
}

/** All that a log says, however a node writes its digits. */
export function nameOf(log: RawLog): string {
  const { address, blockHash, logIndex, transactionHash, topics, data } = log;
  const words = [address, blockHash, Number(logIndex), transactionHash, ...topics, data];
  return words.join(" ").toLowerCase();
}
