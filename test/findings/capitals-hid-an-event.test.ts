// Hex may be written with capitals: such an event was passed over, and a contract written so was another contract.
import { expect } from "chai";
import { type Hex, pad, toEventSelector } from "viem";
import type { RawLog } from "#indexer/answer.ts";
import { decodeLog } from "#indexer/decode.ts";
import { NodeFault } from "#indexer/node-fault.ts";

const HASH: Hex = `0x${"c3".repeat(32)}`;
const NAME = toEventSelector("PayoutSent(address indexed,address indexed,uint256)");
const block = { number: 7n, hash: HASH, minedAt: new Date(0) };

function sent(changes: Partial<RawLog>): RawLog {
  return {
    ...{ address: `0x${"ab".repeat(20)}`, logIndex: "0x0", blockNumber: "0x7" },
    ...{ blockHash: HASH, transactionHash: HASH, data: pad("0x5") },
    ...{ topics: [NAME, pad("0x1"), pad("0x2")], ...changes },
  };
}

const capitals = (hex: Hex): Hex => `0x${hex.slice(2).toUpperCase()}`;

describe("a node that writes hex with capitals", () => {
  it("names the same contract", () => {
    const emitters = [sent({}), sent({ address: capitals(sent({}).address) })].map(
      (log) => decodeLog(log, block)?.emitter,
    );
    expect(emitters).to.deep.equal([sent({}).address, sent({}).address]);
  });

  it("hides no event of ours", () => {
    const read = () => decodeLog(sent({ topics: [capitals(NAME), HASH, HASH] }), block);
    expect(read).to.throw(NodeFault);
    const strange = sent({ topics: [`0x${"EF".repeat(32)}`] });
    expect(decodeLog(strange, block)).to.equal(undefined);
  });
});
