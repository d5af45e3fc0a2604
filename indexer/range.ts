// Fetches a stretch of the chain whole: linked headers, and logs that belong to exactly these headers.
import { Fault } from "#server/domain/failure.ts";
import { type Chain, onChain } from "#server/platform/chain.ts";
import { decodeLog, type Fact, MIRRORED_TOPICS, type RawLog } from "./decode.ts";

export interface Header {
  number: bigint;
  hash: `0x${string}`;
  parentHash: `0x${string}`;
  minedAt: Date;
}

export interface Range {
  headers: Header[];
  facts: Fact[];
}

interface RawHeader {
  number: `0x${string}`;
  hash: `0x${string}`;
  parentHash: `0x${string}`;
  timestamp: `0x${string}`;
}

type Tag = "latest" | "finalized" | bigint;

export async function fetchHeader(chain: Chain, at: Tag): Promise<Header | undefined> {
  const tag = typeof at === "bigint" ? (`0x${at.toString(16)}` as const) : at;
  const raw = (await onChain(() =>
    chain.client.request({ method: "eth_getBlockByNumber", params: [tag, false] }),
  )) as RawHeader | null;
  if (raw === null) return undefined;
  return {
    number: BigInt(raw.number),
    hash: raw.hash,
    parentHash: raw.parentHash,
    minedAt: new Date(Number(raw.timestamp) * 1000),
  };
}

/** A chain that changed while it was read is a fault: the next try reads it again. */
export async function fetchRange(chain: Chain, from: bigint, to: bigint): Promise<Range> {
  const numbers = Array.from({ length: Number(to - from) + 1 }, (_, at) => from + BigInt(at));
  const [headers, logs] = await Promise.all([
    Promise.all(numbers.map((number) => fetchHeader(chain, number))),
    fetchLogs(chain, from, to),
  ]);
  const linked = link(headers);
  const hashes = new Map(linked.map(({ number, hash }) => [number, hash as string]));
  const facts = logs.map(decodeLog).filter((fact) => fact !== undefined);
  for (const { blockNumber, blockHash } of facts) {
    if (hashes.get(blockNumber) !== blockHash) throw changed();
  }
  return { headers: linked, facts };
}

async function fetchLogs(chain: Chain, from: bigint, to: bigint): Promise<RawLog[]> {
  const filter = {
    address: chain.deployment.tickets,
    fromBlock: `0x${from.toString(16)}` as const,
    toBlock: `0x${to.toString(16)}` as const,
    topics: [MIRRORED_TOPICS],
  };
  return (await onChain(() =>
    chain.client.request({ method: "eth_getLogs", params: [filter] }),
  )) as unknown as RawLog[];
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

function changed(): Fault {
  return new Fault("chain/unreachable", "The chain changed while it was read.");
}
