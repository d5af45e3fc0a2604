// What can happen to an order, and in which order it is told although its clocks differ.

/** Of one second, what comes first here happened first. */
export const TIMELINE_KINDS = [
  "held",
  "claimed",
  "expired",
  "moved",
  "paid",
  "sent",
  "minted",
  "given",
  "resold",
  "event-moved",
  "event-cancelled",
  "scanned",
  "checked-in",
  "disputed",
  "dispute-won",
  "dispute-lost",
  "refund-asked",
  "voided",
  "refunded",
] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

interface Step {
  kind: TimelineKind;
  at: Date;
  /** Null for what is of the whole order. */
  ticketId: bigint | null;
  isOnChain: boolean;
}

const MS_PER_SECOND = 1_000;
const RANKS = new Map(TIMELINE_KINDS.map((kind, rank) => [kind, rank]));

/** A void longer before the asking is another's doing: no clock of a chain is so wrong. */
const CHAIN_BEHIND_S_MAX = 60;

/**
 * By the second, because a block's time has no more, and by what follows from what within it.
 * Whatever the chain's clock says: what is on chain is after the order was made, a ticket after it
 * was paid and sent, and void after somebody asked for it.
 */
export function inOrder<S extends Step>(steps: readonly S[]): S[] {
  const earliest = new Map<bigint | null, number>();
  for (const { ticketId } of steps) {
    if (!earliest.has(ticketId)) earliest.set(ticketId, earliestOf(steps, ticketId));
  }
  const made = secondMade(steps);
  const keyed = steps.map((step) => ({
    step,
    second: Math.max(
      secondOf(step),
      step.isOnChain ? made : 0,
      ...reasonsFor(step, steps, earliest),
    ),
    rank: RANKS.get(step.kind) ?? 0,
  }));
  keyed.sort(
    (a, b) => a.second - b.second || a.rank - b.rank || a.step.at.getTime() - b.step.at.getTime(),
  );
  return keyed.map(({ step }) => step);
}

function secondOf({ at }: Step): number {
  return Math.floor(at.getTime() / MS_PER_SECOND);
}

function secondMade(steps: readonly Step[]): number {
  const makes = steps.filter(({ kind }) => kind === "held" || kind === "claimed");
  return Math.max(0, ...makes.map(secondOf));
}

function earliestOf(steps: readonly Step[], ticketId: bigint | null): number {
  const before = steps.filter(
    ({ kind, ticketId: of }) => kind === "paid" || (kind === "sent" && of === ticketId),
  );
  return Math.max(0, ...before.map(secondOf));
}

/** The seconds of what made a step on chain, which cannot have come after it. */
function reasonsFor(
  step: Step,
  steps: readonly Step[],
  earliest: ReadonlyMap<bigint | null, number>,
): number[] {
  if (!step.isOnChain || step.kind === "paid") return [];
  const { kind, ticketId } = step;
  const minted = earliest.get(ticketId) ?? 0;
  if (kind !== "voided" && kind !== "refunded") return [minted];
  const asked = steps
    .filter((other) => other.kind === "refund-asked" && other.ticketId === ticketId)
    .map(secondOf)
    .filter((second) => second - secondOf(step) <= CHAIN_BEHIND_S_MAX);
  return [minted, ...asked];
}
