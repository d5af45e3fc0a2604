// What a node may answer: whatever is not of that shape is a fault before anything is made of it.
import type { Hex, PublicClient } from "viem";
import { Fault } from "#server/domain/failure.ts";
import { onChain } from "#server/platform/chain.ts";
import { NodeFault } from "./node-fault.ts";

/** A log as eth_getLogs answers it. */
export interface RawLog {
  address: `0x${string}`;
  blockNumber: `0x${string}`;
  blockHash: `0x${string}`;
  transactionHash: `0x${string}`;
  logIndex: `0x${string}`;
  topics: `0x${string}`[];
  data: `0x${string}`;
}

/** A block's logs are some thousands; more are asked for in smaller ranges. */
const TOPICS_MAX = 4;
const HASH_LENGTH = 66;
const HASH = /^0x[0-9a-f]{64}$/;
const ADDRESS_LENGTH = 42;
const WORD_LENGTH = 64;
const PREFIX_LENGTH = 2;

/** Asks one node; an error that it answers itself goes on as it is. */
export async function ask(
  client: Pick<PublicClient, "request">,
  method: string,
  params: readonly unknown[] = [],
): Promise<unknown> {
  try {
    return await onChain(() => client.request({ method, params } as never));
  } catch (error) {
    if (error instanceof Fault || hasCode(error)) throw error;
    throw garbage("JSON-RPC", error);
  }
}

/** viem calls an answer that it cannot read an unknown error, with a code of its own. */
function hasCode(error: unknown): boolean {
  const { code, status, name } = error as { code?: unknown; status?: unknown; name?: unknown };
  if (name === "UnknownRpcError") return isAnswered((error as { cause?: unknown }).cause);
  return typeof code === "number" || typeof status === "number" || name === TOO_LARGE;
}

const TOO_LARGE = "ResponseBodyTooLargeError";

function isAnswered(cause: unknown): boolean {
  return typeof (cause as { code?: unknown } | null | undefined)?.code === "number";
}

export function garbage(what: string, cause?: unknown): NodeFault {
  return new NodeFault("garbage", `The node's answer is not ${what}.`, { cause });
}

export function readHex(answer: unknown, what: string): Hex {
  if (!isQuantity(answer)) throw garbage(what);
  return answer;
}

/**
 * Lengths alone: a letter that is no digit is found when the log is read. Where a block's logs come
 * whole, those of `ours` are kept: what others write down need not be in words.
 */
export function readLogs(answer: unknown, ours?: ReadonlySet<string>): RawLog[] {
  if (!Array.isArray(answer) || !answer.every(isLog)) throw garbage("a list of logs");
  const logs = answer as RawLog[];
  const kept =
    ours === undefined ? logs : logs.filter(({ address }) => ours.has(address.toLowerCase()));
  if (!kept.every(isInWords)) throw garbage("a list of logs");
  return kept;
}

export function isQuantity(value: unknown): value is Hex {
  return typeof value === "string" && /^0x[0-9a-f]{1,16}$/i.test(value);
}

export function isHexOf(value: unknown, length: number): value is Hex {
  return typeof value === "string" && value.length === length && value.startsWith("0x");
}

/** As every node writes it: tables are joined by it, so capitals would be another one. */
export function isHash(value: unknown): value is Hex {
  return typeof value === "string" && HASH.test(value);
}

function isLog(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const log = value as Record<keyof RawLog, unknown>;
  const { topics, data } = log;
  return (
    isHexOf(log.address, ADDRESS_LENGTH) &&
    isQuantity(log.blockNumber) &&
    isQuantity(log.logIndex) &&
    isHexOf(log.blockHash, HASH_LENGTH) &&
    isHexOf(log.transactionHash, HASH_LENGTH) &&
    Array.isArray(topics) &&
    topics.length <= TOPICS_MAX &&
    topics.every((topic) => isHexOf(topic, HASH_LENGTH)) &&
    typeof data === "string" &&
    data.startsWith("0x")
  );
}

function isInWords({ data }: RawLog): boolean {
  return (data.length - PREFIX_LENGTH) % WORD_LENGTH === 0;
}
