// The states of an event, its resale policies, and which of its terms are fixed when.

/** cancelled and ended are final. */
export const EVENT_STATES = ["draft", "publishing", "published", "cancelled", "ended"] as const;
export type EventState = (typeof EVENT_STATES)[number];

/** What is done to an event that is on sale. */
export const EVENT_ACT_KINDS = ["cancel", "reschedule"] as const;
export type EventActKind = (typeof EVENT_ACT_KINDS)[number];

/** In the contract's order. */
export const POLICIES = ["open", "gift", "market-only", "frozen"] as const;

/** What the chain must be told, in this order: a market and a split are of an event that exists. */
export const PUBLISH_STEPS = ["create", "market", "split"] as const;
export type PublishStepName = (typeof PUBLISH_STEPS)[number];

export const PUBLISH_STEP_STATES = ["waiting", "sent", "done", "attention"] as const;
export type PublishStepState = (typeof PUBLISH_STEP_STATES)[number];

/** Terms that the contract keeps from its creation on, and everything that its plan hash names. */
const ON_CHAIN = [
  "organiser",
  "doorsAt",
  "freezeAt",
  "currency",
  "policy",
  "maxGifts",
  "resaleCapBps",
  "royaltyBps",
  "feeCapBps",
  "lockMinutes",
  "cooldownMinutes",
  "plan",
  "areas",
  "holdbacks",
  "payees",
] as const;

/** What a fan bought a ticket for: free to change until the first one did. */
const SOLD = ["timeZone", "startsAt", "endsAt"] as const;

export type FixedReason = "on-chain" | "sold";

/** Why a part of an event cannot change any more, or undefined where it can. */
export function whyFixed(
  part: string,
  event: { state: EventState; sold: boolean },
): FixedReason | undefined {
  if (event.state === "draft") return undefined;
  if ((ON_CHAIN as readonly string[]).includes(part)) return "on-chain";
  if ((SOLD as readonly string[]).includes(part) && event.sold) return "sold";
  return undefined;
}
