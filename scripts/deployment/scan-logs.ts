// Reads all logs of a contract from its first block on, in ranges that the node is willing to answer.
import type { JsonRpcProvider, Log } from "ethers";
import { reasonOf, Stop } from "../stop.ts";
import type { Hex } from "./duties.ts";

/** What public nodes answer at once; the range is halved when one refuses. */
export const RANGE_BLOCKS = 2_000;
const RANGE_BLOCKS_MIN = 10;

export async function* scanLogs(options: {
  provider: JsonRpcProvider;
  address: Hex;
  topics: readonly string[];
  from: number;
  to: number;
  rangeBlocks?: number;
}): AsyncGenerator<Log> {
  const { provider, address, topics, to, rangeBlocks = RANGE_BLOCKS } = options;
  let range = rangeBlocks;
  let from = options.from;
  while (from <= to) {
    const toBlock = Math.min(to, from + range - 1);
    const filter = { address, topics: [[...topics]], fromBlock: from, toBlock };
    let logs: Log[];
    try {
      logs = await provider.getLogs(filter);
    } catch (error) {
      if (range <= RANGE_BLOCKS_MIN) throw unreadable(from, toBlock, error);
      range = Math.max(RANGE_BLOCKS_MIN, Math.floor(range / 2));
      continue;
    }
    yield* logs;
    from = toBlock + 1;
  }
}

function unreadable(from: number, to: number, error: unknown): Stop {
  return new Stop(
    `The node does not answer the logs of blocks ${from} to ${to}: ${reasonOf(error)}.`,
    "Name a node that keeps the logs of the whole chain.",
    { cause: error },
  );
}
