// The port between minting and its rows: paid lines, and what the mirror shows of them.
import type { EventRef } from "../domain/ticket-id.ts";
import type { Lane } from "../platform/tx/lane.ts";
import type { TxRows } from "../platform/tx/tx-store.ts";
import type { LinesInHand, MintLine } from "./choose-lines.ts";
import type { Simulation } from "./simulate.ts";

/** Each is one statement, in the file of its rule. */
export interface MintRows extends TxRows {
  /** Events with paid lines that wait, the one with the oldest line first. */
  readWaiting(): Promise<EventRef[]>;
  chooseLines(event: EventRef, inHand: LinesInHand): Promise<MintLine[]>;
  /** Locks the lines for this transaction; false when one of them is somebody else's by now. */
  claimLines(lines: readonly MintLine[]): Promise<boolean>;
  markLinesSent(lines: readonly MintLine[], txId: bigint): Promise<void>;
  countInFlight(lane: Lane): Promise<number>;
  /** Answers the ids of those that were still waiting. */
  setAside(poisoned: Simulation["poisoned"]): Promise<ReadonlySet<bigint>>;
  closeMinted(): Promise<number>;
  closeBought(): Promise<number>;
  setAsideStrange(): Promise<number>;
  reopenMinted(): Promise<number>;
  moveOrders(): Promise<void>;
}

export interface MintStore extends MintRows {
  /** What is done in it becomes true together, or not at all when the work throws or dies. */
  transaction<T>(work: (rows: MintRows) => Promise<T>): Promise<T>;
}
