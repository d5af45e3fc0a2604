// The port between the rules of this folder and the rows of lanes, transactions and bids.
import type { Lane } from "./lane.ts";

export interface StoredTx {
  id: bigint;
  raw: `0x${string}`;
  hash: `0x${string}`;
}

/** As it is written down: with its first bid. */
export interface NewTx extends Omit<StoredTx, "id"> {
  deployment: number;
  lane: Lane;
  nonce: bigint;
  intent: string;
  feeMax: bigint;
}

/** Signed or sent, and in no block that we know of. */
export interface OpenTx extends StoredTx {
  deployment: number;
  signer: `0x${string}`;
  nonce: bigint;
  /** All that were ever offered, newest first. */
  bids: { hash: `0x${string}`; raw: `0x${string}` }[];
}

export interface StuckTx {
  id: bigint;
  raw: `0x${string}`;
  tickets: number;
}

/** What the rules ask of the rows; each is one statement, in the file of its rule. */
export interface TxRows {
  /** Undefined while another process has it. */
  takeLane(lane: Omit<Lane, "fence">): Promise<Lane | undefined>;
  /** Locks the lane for this transaction and answers its next nonce; undefined when it is lost. */
  lockLane(lane: Lane): Promise<bigint | undefined>;
  setNextNonce(lane: Lane, nextNonce: bigint): Promise<void>;
  /** What the key could have paid within the last hour. */
  sumSpent(lane: Lane, instead?: bigint): Promise<bigint>;
  /** What the key could still pay for what is under way. */
  sumOpen(lane: Lane): Promise<bigint>;
  insertTx(tx: NewTx): Promise<bigint>;
  insertBid(bid: StoredTx, feeMax: bigint): Promise<void>;
  markSent(tx: { id: bigint }): Promise<void>;
  /** Whether all that is under way stands behind a nonce that is not. */
  isGap(lane: Lane, nonce: bigint): Promise<boolean>;
  findStored(lane: Lane, nonce: bigint): Promise<StoredTx | undefined>;
  /** The first of the lane, or the one with this nonce, when no block has taken it for long. */
  findStuck(lane: Lane, nonce?: bigint): Promise<StuckTx | undefined>;
  readUnheard(): Promise<OpenTx[]>;
  adopt(tx: { id: bigint }, bid: OpenTx["bids"][number]): Promise<void>;
  closeIfEmpty(tx: { id: bigint }): Promise<void>;
  freeWaiting(tx: { id: bigint }, state: "reverted" | "replaced"): Promise<void>;
}

export interface TxStore extends TxRows {
  /** What is done in it becomes true together, or not at all when the work throws or dies. */
  transaction<T>(work: (rows: TxRows) => Promise<T>): Promise<T>;
}
