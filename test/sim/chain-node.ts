// What a node answers about the chain in memory, in the words and errors of JSON-RPC.
import {
  decodeFunctionData,
  encodeErrorResult,
  getAbiItem,
  keccak256,
  parseTransaction,
  RpcRequestError,
  toHex,
  zeroAddress,
} from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { ChainState, ChainTx, MintCall, MintRefusal } from "./chain-state.ts";

export interface Node {
  /** A node may be some blocks behind the others. */
  answer(method: string, params: readonly unknown[], lag?: number): unknown;
}

export interface NodeRules {
  /** Blocks above a final one. */
  finality: number;
  /** Some nodes do not know the word. */
  knowsFinalized: boolean;
  coinOf(account: `0x${string}`): bigint;
}

const RUN_LENGTH = 2 * 26;
const OWNER_LENGTH = 2 * 20;
const PLACE_LENGTH = 2 * 5;
const PLACE_BITS = 40n;
const GAS_FIRST = 60_000n;
const GAS_NEXT = 32_000n;
const TRANSFER_GAS = 21_000n;
const TIP_WEI = 1_000_000_000n;
const REVERTED = 3;
const INVALID = -32_000;

export function openNode(chain: ChainState, rules: NodeRules): Node {
  const blockOf = (tag: unknown, lag: number): number => {
    const head = Math.max(0, chain.head().number - lag);
    if (tag === "latest" || tag === "pending" || tag === undefined) return head;
    if (tag === "finalized") {
      if (!rules.knowsFinalized) throw failure(INVALID, "invalid block tag");
      return Math.max(0, head - rules.finality);
    }
    return Number(tag as string);
  };

  const send = (raw: `0x${string}`): `0x${string}` => {
    const tx = readTransaction(raw);
    const cost = tx.gas * tx.maxFee;
    if (rules.coinOf(tx.from) < cost) {
      throw failure(INVALID, "insufficient funds for gas * price + value");
    }
    const refused = chain.accept(tx);
    if (refused !== undefined) throw failure(INVALID, refused);
    return tx.hash;
  };

  return {
    answer: (method, params, lag = 0) => {
      const [first, second] = params;
      switch (method) {
        case "eth_getTransactionCount":
          return toHex(chain.nonceAt(first as `0x${string}`, blockOf(second, lag)));
        case "eth_getBalance":
          return toHex(rules.coinOf(first as `0x${string}`));
        case "eth_blockNumber":
          return toHex(blockOf("latest", lag));
        case "eth_getBlockByNumber":
          return blockFields(chain, blockOf(first, lag));
        case "eth_maxPriorityFeePerGas":
          return toHex(TIP_WEI);
        case "eth_estimateGas":
          return estimate(chain, first as { data?: `0x${string}` }, blockOf("latest", lag));
        case "eth_sendRawTransaction":
          return send(first as `0x${string}`);
        case "eth_getTransactionReceipt":
          return receipt(chain, first as `0x${string}`, blockOf("latest", lag));
        default:
          throw failure(-32_601, `the method ${method} does not exist`);
      }
    },
  };
}

/** As the transport tells what a node refused. */
function failure(code: number, message: string, data?: `0x${string}`): Error {
  return new RpcRequestError({ body: {}, url: "sim", error: { code, message, data } });
}

function blockFields(chain: ChainState, number: number) {
  const block = chain.blocks[number];
  if (block === undefined) return null;
  const { hash, baseFee } = block;
  return { number: toHex(number), hash, baseFeePerGas: toHex(baseFee), transactions: [] };
}

function estimate(chain: ChainState, call: { data?: `0x${string}` }, block: number): string {
  const mints = readMints(call.data ?? "0x");
  const refusal = chain.refusalOf(mints, block);
  if (refusal !== undefined) throw failure(REVERTED, "execution reverted", revertOf(refusal));
  return toHex(gasOf(mints));
}

function gasOf(mints: readonly MintCall[]): bigint {
  if (mints.length === 0) return TRANSFER_GAS;
  return GAS_FIRST + GAS_NEXT * BigInt(mints.length);
}

function revertOf(refusal: MintRefusal): `0x${string}` {
  const abi = ticketsAbi;
  if (refusal.error === "TicketsSeatTaken") {
    return encodeErrorResult({ abi, errorName: refusal.error, args: [refusal.ticketId] });
  }
  return encodeErrorResult({ abi, errorName: refusal.error, args: [zeroAddress] });
}

function receipt(chain: ChainState, hash: `0x${string}`, block: number) {
  const found = chain.included.get(hash);
  if (found === undefined || found.block > block) return null;
  const { hash: blockHash } = chain.blocks[found.block] as { hash: string };
  return {
    ...{ transactionHash: hash, blockHash, blockNumber: toHex(found.block) },
    ...{ status: found.ok ? "0x1" : "0x0", logs: [], type: "0x2" },
  };
}

/** Bytes are read by many and often, and say the same each time. */
const readBefore = new Map<`0x${string}`, ChainTx>();
const READ_BEFORE_MAX = 1_000;

export function readTransaction(raw: `0x${string}`): ChainTx {
  const before = readBefore.get(raw);
  if (before !== undefined) return before;
  const tx = parse(raw);
  if (readBefore.size >= READ_BEFORE_MAX) readBefore.clear();
  readBefore.set(raw, tx);
  return tx;
}

/** The signer of this simulation writes who signs where a signature begins. */
function parse(raw: `0x${string}`): ChainTx {
  const tx = parseTransaction(raw as `0x02${string}`);
  const data = tx.data ?? "0x";
  return {
    hash: keccak256(raw),
    from: `0x${(tx.r as string).slice(-OWNER_LENGTH)}`,
    nonce: tx.nonce ?? 0,
    to: tx.to as `0x${string}`,
    data,
    gas: tx.gas ?? 0n,
    maxFee: tx.maxFeePerGas ?? 0n,
    tip: tx.maxPriorityFeePerGas ?? 0n,
    mints: readMints(data),
  };
}

/** With the whole of it each call would be compared with every function of the contract. */
const MINT_ABI = [getAbiItem({ abi: ticketsAbi, name: "mintRuns" })] as const;

/** The seats of a call of mintRuns. */
function readMints(data: `0x${string}`): MintCall[] {
  if (data === "0x") return [];
  const [eventId, , , runs] = decodeFunctionData({ abi: MINT_ABI, data }).args;
  const mints: MintCall[] = [];
  for (let at = 2; at < runs.length; at += RUN_LENGTH) {
    const owner = `0x${runs.slice(at, at + OWNER_LENGTH)}` as const;
    const place = BigInt(`0x${runs.slice(at + OWNER_LENGTH, at + OWNER_LENGTH + PLACE_LENGTH)}`);
    const count = Number(`0x${runs.slice(at + OWNER_LENGTH + PLACE_LENGTH, at + RUN_LENGTH)}`);
    for (let next = 0; next < count; next += 1) {
      mints.push({ ticketId: (eventId << PLACE_BITS) | (place + BigInt(next)), owner });
    }
  }
  return mints;
}
