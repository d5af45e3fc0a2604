// Receipts have the logs of all contracts: one of a stranger's that was not in words was called garbage for ever.
import { expect } from "chai";
import type { Hex } from "viem";
import type { RawLog } from "#indexer/answer.ts";
import { requireComplete } from "#indexer/complete.ts";
import type { Header } from "#indexer/header.ts";
import { NodeFault } from "#indexer/node-fault.ts";
import type { Chain } from "#server/platform/chain.ts";

const OURS: Hex = `0x${"a1".repeat(20)}`;
const OTHERS: Hex = `0x${"b2".repeat(20)}`;
const HASH: Hex = `0x${"c3".repeat(32)}`;

const header: Header = {
  number: 7n,
  hash: HASH,
  parentHash: `0x${"c2".repeat(32)}`,
  minedAt: new Date(0),
  // As of a block in which others have logs as well: it decides nothing.
  logsBloom: `0x${"ff".repeat(256)}`,
};

function log(address: Hex, logIndex: Hex, data: Hex): RawLog {
  const place = { blockNumber: "0x7", blockHash: HASH, transactionHash: HASH } as const;
  return { ...place, address, logIndex, topics: [HASH], data };
}

/** Of one node, which answers each question with these logs' receipt. */
function chainOf(logs: readonly RawLog[]): Chain {
  return { client: { request: async () => [{ logs }] } } as unknown as Chain;
}

describe("a block in which a stranger's contract has a log of its own making", () => {
  const mine = log(OURS, "0x1", `0x${"00".repeat(32)}`);
  const given = { headers: [header], logs: [mine], contracts: [OURS] };

  it("is taken in by its receipts", async () => {
    await requireComplete(chainOf([log(OTHERS, "0x0", "0x2a"), mine]), given);
  });

  it("is not where a log of ours is cut", async () => {
    const cut = chainOf([log(OTHERS, "0x0", "0x2a"), log(OURS, "0x1", "0x2a")]);
    const refused = await requireComplete(cut, given).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(NodeFault);
    expect((refused as NodeFault).kind).to.equal("garbage");
  });
});
