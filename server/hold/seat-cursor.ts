// Where a listener to an event's seats is, in a form that every API process understands.
import type { BoardTime } from "./hall-board.ts";

export interface SeatCursor extends BoardTime {
  /** The life of the seat log; another one has nothing in common with it. */
  epoch: string;
}

const CURSOR = /^(\d{1,16})-(\d{1,16})-(\d{1,16})$/;

export function formatCursor({ epoch, number, nowMs }: SeatCursor): string {
  return `${epoch}-${number}-${nowMs}`;
}

/** Undefined for anything that no process of ours has given out. */
export function parseCursor(text: string | undefined): SeatCursor | undefined {
  const [, epoch, number, nowMs] = CURSOR.exec(text ?? "") ?? [];
  if (epoch === undefined) return undefined;
  return { epoch, number: Number(number), nowMs: Number(nowMs) };
}
