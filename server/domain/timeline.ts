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

/**
 * By the second, because a block's time has no more, and by what follows from what within it. A
 * ticket is on chain after it was paid and sent, whatever the chain's clock says.
 */
export function inOrder<S extends Step>(steps: readonly S[]): S[] {
  const secondOf = ({ at }: Step) => Math.floor(at.getTime() / MS_PER_SECOND);
  const last = (some: readonly Step[]) => Math.max(...some.map(secondOf));
  const earliestOf = (ticketId: bigint | null) =>
    last(
      steps.filter(
        (step) => step.kind === "paid" || (step.kind === "sent" && step.ticketId === ticketId),
      ),
    );
  const earliest = new Map<bigint | null, number>();
  for (const { ticketId } of steps) {
    if (!earliest.has(ticketId)) earliest.set(ticketId, earliestOf(ticketId));
  }
  const keyed = steps.map((step) => ({
    step,
    second:
      step.isOnChain && step.kind !== "paid"
        ? Math.max(secondOf(step), earliest.get(step.ticketId) ?? 0)
        : secondOf(step),
    rank: RANKS.get(step.kind) ?? 0,
  }));
  keyed.sort(
    (a, b) => a.second - b.second || a.rank - b.rank || a.step.at.getTime() - b.step.at.getTime(),
  );
  return keyed.map(({ step }) => step);
}
