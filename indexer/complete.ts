// Proves that a node left out no log: by the header's bloom, else by the block's receipts.
import type { Hex, PublicClient } from "viem";
import { Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import type { RawLog } from "./answer.ts";
import { ask, garbage, readLogs } from "./answer.ts";
import { isExactly, mayHold } from "./bloom.ts";
import type { Header } from "./header.ts";
import { NodeFault } from "./node-fault.ts";
import { nameOf } from "./witness.ts";

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
    if (found !== undefined) return !isExactly(logsBloom, found) || hasGaps(found);
    return contracts.some((contract) => mayHold(logsBloom, contract));
  });
  for (let at = 0; at < doubtful.length; at += RECEIPTS_AT_ONCE) {
    await Promise.all(
      doubtful.slice(at, at + RECEIPTS_AT_ONCE).map(async (header) => {
        const expected = await readReceipts(chain, header, contracts);
        const found = byBlock.get(header.hash) ?? [];
        if (expected !== undefined) requireSame(header, expected, found);
      }),
    );
  }
}

/** A log that repeats what others of its block say sets no bit of its own, but has a number. */
function hasGaps(logs: readonly RawLog[]): boolean {
  return logs.some(({ logIndex }, at) => Number(logIndex) !== at);
}

/** undefined where no node tells: then the contracts' own order is what is left (link.ts). */
async function readReceipts(
  chain: Chain,
  { hash }: Header,
  contracts: readonly Hex[],
): Promise<RawLog[] | undefined> {
  const ours = new Set<string>(contracts);
  for (const client of [...(chain.witnesses ?? []), chain.client]) {
    const logs = await askForReceipts(client, hash, ours).catch((error: unknown) => {
      // One that does not answer is no witness; without the node itself there is no going on.
      if (client === chain.client) throw error;
    });
    if (logs !== undefined) return logs;
  }
  return undefined;
}

async function askForReceipts(
  client: PublicClient,
  hash: Hex,
  ours: ReadonlySet<string>,
): Promise<RawLog[] | undefined> {
  let answer: unknown;
  try {
    answer = await ask(client, "eth_getBlockReceipts", [hash]);
  } catch (error) {
    if (error instanceof Fault) throw error;
    // Not every provider knows the method.
    return undefined;
  }
  if (answer === null) return undefined;
  if (!Array.isArray(answer)) throw garbage("a list of receipts");
  const logs = answer.flatMap((receipt: { logs?: unknown } | null) => receipt?.logs ?? [null]);
  return readLogs(logs, ours);
}

/** Their number does not tell a log that says something else from the true one. */
function requireSame(
  { number }: Header,
  expected: readonly RawLog[],
  found: readonly RawLog[],
): void {
  const data = { block: number, expected: expected.length, found: found.length };
  if (found.length < expected.length) {
    throw new NodeFault("left-out", "The node left out logs: a block has more of them.", { data });
  }
  const inOrder = expected.toSorted((one, other) => Number(one.logIndex) - Number(other.logIndex));
  if (found.length > expected.length || !found.every((log, at) => isSame(log, inOrder[at]))) {
    const sentence = "The node's logs of a block are not those of its receipts.";
    throw new NodeFault("contradicts", sentence, { data });
  }
}

function isSame(one: RawLog, other: RawLog | undefined): boolean {
  return other !== undefined && nameOf(one) === nameOf(other);
}
