// Finds the block in which a contract was created, for one whose record is lost.
import type { JsonRpcProvider } from "ethers";
import { reasonOf, Stop } from "../stop.ts";
import type { Hex } from "./duties.ts";

/** Halving the distance to the first block takes at most 53 steps for any block number. */
export async function findStartBlock(provider: JsonRpcProvider, address: Hex): Promise<number> {
  let before = -1;
  let since = await provider.getBlockNumber();
  try {
    while (since - before > 1) {
      const middle = Math.floor((before + since) / 2);
      if ((await provider.getCode(address, middle)) === "0x") before = middle;
      else since = middle;
    }
  } catch (error) {
    throw new Stop(
      `The node does not know when ${address} was created: ${reasonOf(error)}.`,
      "Name a node with old states, or the block with --start-block N.",
      { cause: error },
    );
  }
  return since;
}
