// A chain in memory: blocks that a reorg can take away, a mempool that can lose things, and who holds which seat.
import { keccak256, toHex } from "viem";

export interface MintCall {
  ticketId: bigint;
  owner: `0x${string}`;
}

export interface ChainTx {
  hash: `0x${string}`;
  from: `0x${string}`;
  nonce: number;
  to: `0x${string}`;
  data: `0x${string}`;
  gas: bigint;
  maxFee: bigint;
  tip: bigint;
  /** What it would mint; nothing for a transfer. */
  mints: readonly MintCall[];
}

export interface Block {
  number: number;
  hash: `0x${string}`;
  baseFee: bigint;
  txs: { tx: ChainTx; ok: boolean }[];
}

interface Minted {
  hash: `0x${string}`;
  owner: `0x${string}`;
  block: number;
}

/** Why a contract would not mint. */
export type MintRefusal =
  | { error: "TicketsSeatTaken"; ticketId: bigint }
  | { error: "ERC721InvalidReceiver" };

const BLOCK_TXS_MAX = 20;
/** Replacing wants a tenth more of both fees, as nodes do. */
const REPLACE_PERCENT = 110n;

export class ChainState {
  readonly blocks: Block[] = [{ number: 0, hash: keccak256("0x00"), baseFee: 1n, txs: [] }];
  readonly minted = new Map<bigint, Minted>();
  readonly pool = new Map<string, ChainTx>();
  readonly included = new Map<`0x${string}`, { block: number; ok: boolean }>();
  readonly #used = new Map<`0x${string}`, number>();
  #made = 0;

  head(): Block {
    return this.blocks.at(-1) as Block;
  }

  /** The account's nonce once this block is done. */
  nonceAt(account: `0x${string}`, block = this.head().number): number {
    let used = this.#used.get(account) ?? 0;
    for (let at = this.blocks.length - 1; at > block; at -= 1) {
      for (const { tx } of this.blocks[at]?.txs ?? []) if (tx.from === account) used -= 1;
    }
    return used;
  }

  /** Undefined when all of them would be minted after this block. */
  refusalOf(mints: readonly MintCall[], block = this.head().number): MintRefusal | undefined {
    const seen = new Set<bigint>();
    for (const { ticketId, owner } of mints) {
      const taken = this.minted.get(ticketId);
      if (BigInt(owner) === 0n) return { error: "ERC721InvalidReceiver" };
      if (seen.has(ticketId) || (taken !== undefined && taken.block <= block)) {
        return { error: "TicketsSeatTaken", ticketId };
      }
      seen.add(ticketId);
    }
    return undefined;
  }

  /** What a node says against it; undefined when it is in the mempool now. */
  accept(tx: ChainTx): string | undefined {
    const at = `${tx.from}:${tx.nonce}`;
    const before = this.pool.get(at);
    if (before?.hash === tx.hash) return "already known";
    if (tx.nonce < this.nonceAt(tx.from)) return "nonce too low";
    if (before !== undefined) {
      const isMore = (now: bigint, then: bigint) => now * 100n >= then * REPLACE_PERCENT;
      if (!isMore(tx.maxFee, before.maxFee) || !isMore(tx.tip, before.tip)) {
        return "replacement transaction underpriced";
      }
    }
    this.pool.set(at, tx);
    return undefined;
  }

  /** Takes what `wants` of the mempool, each key's in the order of its nonces. */
  mine(baseFee: bigint, wants: (tx: ChainTx) => boolean): Block {
    this.#made += 1;
    const number = this.head().number + 1;
    const block: Block = { number, hash: keccak256(toHex(this.#made)), baseFee, txs: [] };
    this.blocks.push(block);
    const accounts = [...new Set([...this.pool.values()].map(({ from }) => from))];
    for (const account of accounts) {
      for (let nonce = this.nonceAt(account); block.txs.length < BLOCK_TXS_MAX; nonce += 1) {
        const tx = this.pool.get(`${account}:${nonce}`);
        if (tx === undefined || tx.maxFee < baseFee || !wants(tx)) break;
        this.#include(block, tx);
      }
    }
    for (const [at, tx] of this.pool) {
      if (tx.nonce < this.nonceAt(tx.from)) this.pool.delete(at);
    }
    return block;
  }

  /** Answers what the blocks held that are no more. */
  rollBack(depth: number): ChainTx[] {
    const lost: ChainTx[] = [];
    for (let at = 0; at < depth && this.blocks.length > 1; at += 1) {
      const block = this.blocks.pop() as Block;
      for (const { tx, ok } of block.txs) {
        lost.push(tx);
        this.included.delete(tx.hash);
        this.#count(tx.from, -1);
        if (ok) for (const { ticketId } of tx.mints) this.minted.delete(ticketId);
      }
    }
    return lost.reverse();
  }

  #include(block: Block, tx: ChainTx): void {
    const ok = this.refusalOf(tx.mints) === undefined;
    block.txs.push({ tx, ok });
    this.included.set(tx.hash, { block: block.number, ok });
    this.#count(tx.from, 1);
    if (!ok) return;
    for (const { ticketId, owner } of tx.mints) {
      this.minted.set(ticketId, { hash: tx.hash, owner, block: block.number });
    }
  }

  #count(account: `0x${string}`, more: number): void {
    this.#used.set(account, (this.#used.get(account) ?? 0) + more);
  }
}
