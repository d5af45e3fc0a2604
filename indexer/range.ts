// Fetches a stretch of the chain whole: linked headers, and logs that belong to exactly these headers.
import type { Hex } from "viem";
import type { Chain } from "#server/platform/chain.ts";
import { ask, garbage, type RawLog, readLogs } from "./answer.ts";
import { requireComplete } from "./complete.ts";
import { decodeLog } from "./decode.ts";
import type { Fact } from "./facts.ts";
import { fetchHeader, type Header, toHex } from "./header.ts";
import { linkFacts } from "./link.ts";
import { NodeFault } from "./node-fault.ts";
import { requireSameLogs } from "./witness.ts";

export interface Range {
  headers: Header[];
  facts: Fact[];
  /** As the node sent them, before those that the mirror has no use for were left out. */
  logs: number;
}

/** A chain that changed while it was read is a fault: the next try reads it again. */
export async function fetchRange(chain: Chain, from: bigint, to: bigint): Promise<Range> {
  const numbers = Array.from({ length: Number(to - from) + 1 }, (_, at) => from + BigInt(at));
  const [headers, logs] = await Promise.all([
    Promise.all(numbers.map((number) => fetchHeader(chain, number))),
    fetchLogs(chain, from, to),
  ]);
  const linked = link(headers);
  const contracts = contractsOf(chain);
  await requireComplete(chain, { headers: linked, logs, contracts });
  const facts = readFacts(logs, linked, new Set(contracts));
  linkFacts(facts);
  return { headers: linked, facts, logs: logs.length };
}

/** The contracts whose logs a deployment's mirror is made of. */
function contractsOf({ deployment }: Pick<Chain, "deployment">): Hex[] {
  const { tickets, modules } = deployment;
  return modules === undefined ? [tickets] : [tickets, ...Object.values(modules)];
}

async function fetchLogs(chain: Chain, from: bigint, to: bigint): Promise<RawLog[]> {
  const address = contractsOf(chain);
  const filter = { address, fromBlock: toHex(from), toBlock: toHex(to) };
  const logs = readLogs(await ask(chain.client, "eth_getLogs", [filter]));
  await requireSameLogs(chain, filter, logs);
  return logs;
}

function readFacts(
  logs: readonly RawLog[],
  headers: readonly Header[],
  ours: ReadonlySet<string>,
): Fact[] {
  const first = headers[0]?.number ?? 0n;
  const facts: Fact[] = [];
  let at: string | undefined;
  let block: Header | undefined;
  for (const log of logs) {
    if (log.blockHash !== at) {
      at = log.blockHash;
      block = headers[Number(BigInt(log.blockNumber) - first)];
      if (block?.hash !== at) throw changed();
    }
    const { address } = log;
    // Nobody asked for it, and who was paid by whom is told by it.
    if (!ours.has(address) && !ours.has(address.toLowerCase())) throw garbage("a log of ours");
    const fact = decode(log, block as Header);
    if (fact !== undefined) facts.push(fact);
  }
  return facts;
}

function decode(log: RawLog, block: Header): Fact | undefined {
  try {
    return decodeLog(log, block);
  } catch (error) {
    // Digits that are none, or fewer words than the event has.
    throw garbage("a log of the contract", error);
  }
}

function link(headers: (Header | undefined)[]): Header[] {
  const linked: Header[] = [];
  for (const header of headers) {
    const parent = linked.at(-1);
    if (header === undefined) throw changed();
    if (parent !== undefined && header.parentHash !== parent.hash) throw changed();
    linked.push(header);
  }
  return linked;
}

function changed(): NodeFault {
  return new NodeFault("changed", "The chain changed while it was read.");
}
