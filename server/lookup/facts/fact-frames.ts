// The bytes of the facts' events; an id is where a reader is once it has read the event.
import type { z } from "zod";
import type {
  FactDroppedEvent,
  FactEvent,
  FactHeadEvent,
  FactUndoneEvent,
} from "../../api/facts.ts";
import { eventFrame } from "../../platform/event-frames.ts";
import type { Head } from "../mirror-heads.ts";
import { type FactRow, positionOf, presentFact } from "./fact-rows.ts";
import { type Block, formatPosition, type Position } from "./position.ts";

export function factFrame(deployment: number, row: FactRow, finalNumber: bigint): Uint8Array {
  const data: z.output<typeof FactEvent> = presentFact(deployment, row, finalNumber);
  return frameOf("fact", positionOf(deployment, row), data);
}

/** head, final and reset say the same: how far all is told, and how far it is final. */
export function headFrame(
  event: "head" | "final" | "reset",
  { deployment, number, hash }: Position,
  { finalNumber }: Pick<Head, "finalNumber">,
): Uint8Array {
  const data: z.output<typeof FactHeadEvent> = {
    deployment,
    blockNumber: Number(number),
    finalNumber: Number(finalNumber),
  };
  return frameOf(event, { deployment, number, hash }, data);
}

export function undoneFrame(deployment: number, ancestor: Block): Uint8Array {
  const data: z.output<typeof FactUndoneEvent> = {
    deployment,
    afterBlock: Number(ancestor.number),
  };
  return frameOf("undone", { deployment, ...ancestor }, data);
}

/** The last word to who does not read as fast as things happen. */
export const SLOW_FRAME = eventFrame([
  "event: dropped",
  `data: ${JSON.stringify({ reason: "slow" } satisfies z.output<typeof FactDroppedEvent>)}`,
]);

function frameOf(event: string, id: Position, data: unknown): Uint8Array {
  return eventFrame([
    ...[`id: ${formatPosition(id)}`, `event: ${event}`],
    `data: ${JSON.stringify(data)}`,
  ]);
}
