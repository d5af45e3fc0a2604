// How far a paid ticket has come, from its line and from what the mirror knows of its block.
import type { MintLineState, OrderState } from "./order.ts";

/**
 * queued: paid for. sent: given to the chain. included: the mirror has its block. safe: the chain
 * hardly ever takes such a block back. final: it never does. A reorg leads back to sent.
 */
export const TICKET_STAGES = [
  "none",
  "queued",
  "sent",
  "included",
  "safe",
  "final",
  "attention",
  "withdrawn",
] as const;
export type TicketStage = (typeof TICKET_STAGES)[number];

export interface LineFacts {
  /** Null before the order is paid. */
  line: MintLineState | null;
  /** Of the mint, as the mirror has it; null where it has none, or no longer. */
  mintBlock: bigint | null;
  safeNumber: bigint;
  finalNumber: bigint;
}

/** A receipt is not asked: what a node said of a block is worth nothing once the block is gone. */
export function stageOf({ line, mintBlock, safeNumber, finalNumber }: LineFacts): TicketStage {
  if (line !== "minted") return line ?? "none";
  // The worker closed the line by a block that the mirror has taken back meanwhile.
  if (mintBlock === null) return "sent";
  if (mintBlock <= finalNumber) return "final";
  return mintBlock <= safeNumber ? "safe" : "included";
}

const ENDED_ORDERS: ReadonlySet<OrderState> = new Set(["expired", "refunded"]);

/** Whether nothing can come of the order any more that its tickets' stages would tell. */
export function isOver(order: OrderState, stages: readonly TicketStage[]): boolean {
  if (ENDED_ORDERS.has(order)) return true;
  // Its tickets are there before the worker has said so: one more word is to come.
  if (order === "paid") return false;
  return stages.every((each) => each === "final" || each === "withdrawn");
}
