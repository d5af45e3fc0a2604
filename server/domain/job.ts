// What is told to the chain besides minting, publishing and refunds: its kinds, states and patience.

/** An admission, the royalties of a pot, an event's escrow, the end of the audit log. */
export const JOB_KINDS = ["check-in", "royalties", "escrow", "anchor"] as const;
export type JobKindName = (typeof JOB_KINDS)[number];

/** `included` once the mirror shows it, and `done` once no reorg reaches that block. */
export const JOB_STATES = ["waiting", "sent", "included", "done", "attention"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Each costs gas whatever comes of it; what reverts more often needs a person. */
export const SENDS_PER_JOB = 5;

const PUT_OFF_MS = 15_000;
/** As long as what opens by itself, a gate or an escrow, may go unnoticed. */
const PUT_OFF_MS_MAX = 10 * 60_000;
/** Doubled so often, the wait is longer than it may be. */
const DOUBLINGS_MAX = 10;

/** How long a job waits that the contract would refuse now, and take later. */
export function putOffMs(tries: number): number {
  return Math.min(PUT_OFF_MS * 2 ** Math.min(tries, DOUBLINGS_MAX), PUT_OFF_MS_MAX);
}
