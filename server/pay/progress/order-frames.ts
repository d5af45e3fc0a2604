// The bytes of an order's events. Each is named by what it leads to, so that any process can go on from it.
import { createHash } from "node:crypto";
import { eventFrame } from "../../platform/event-frames.ts";
import type { Progress } from "./read-progress.ts";

const NAME_LENGTH = 22;

/** The same progress has the same name in every process, and after a restart. */
export function nameOf(progress: Progress): string {
  const digest = createHash("sha256").update(JSON.stringify(progress)).digest("base64url");
  return digest.slice(0, NAME_LENGTH);
}

/** The order as it is, whatever was known before. */
export function wholeFrame(progress: Progress): Uint8Array {
  return frameOf("order", nameOf(progress), progress);
}

/** What is different now; a stage may be an earlier one again. */
export function changeFrame(before: Progress, now: Progress): Uint8Array {
  const known = new Map(before.lines.map((line) => [line.seat, line]));
  const lines = now.lines.filter(({ seat, stage, txHash }) => {
    const last = known.get(seat);
    return last === undefined || last.stage !== stage || last.txHash !== txHash;
  });
  // A seat that is gone: it was paid late, and became another one.
  const isWhole = now.lines.length !== before.lines.length || hasLost(known, now);
  return isWhole ? wholeFrame(now) : frameOf("change", nameOf(now), { state: now.state, lines });
}

/** Nothing more will come; who listens need not come back. */
export const END_FRAME = eventFrame(["event: end", "data: {}"]);

function hasLost(known: ReadonlyMap<number, unknown>, now: Progress): boolean {
  return now.lines.some(({ seat }) => !known.has(seat));
}

function frameOf(event: string, id: string, progress: Progress): Uint8Array {
  return eventFrame([`id: ${id}`, `event: ${event}`, `data: ${JSON.stringify(progress)}`]);
}
