// Wire schemas of the facts of a deployment as they come: what happened on chain, and what a reorg took back.
import { z } from "zod";
import { Address, Amount, EventId, TicketId, Time, TxHash } from "./fields.ts";

export const FACT_KINDS = [
  "mint",
  "move",
  "sale",
  "check-in",
  "void",
  "order-paid",
  "deposit",
  "release",
  "refund",
  "fund",
  "reclaim",
  "royalty",
  "payout",
  "credit",
] as const;
const DEPLOYMENT_MAX = 9_999;
const KINDS_LENGTH_MAX = 200;

const Kinds = z
  .string()
  .max(KINDS_LENGTH_MAX)
  .transform((text) => text.split(","))
  .pipe(z.array(z.enum(FACT_KINDS)))
  .describe(`Only these, with commas in between: ${FACT_KINDS.join(", ")}.`);

/** Deployment, block, its hash, log, and the place among the facts of one log. */
const FactPosition = z
  .string()
  .regex(/^(start|\d{1,4}\.\d{1,15}\.0x[0-9a-f]{64}(\.\d{1,9}\.\d{1,9})?)$/)
  .describe(
    "The id of the last event that was read, as Last-Event-ID has it; `start` for all facts there " +
      "are. Without either, facts come from now on.",
  );

export const FactsQuery = z.strictObject({
  deployment: z.coerce
    .number()
    .int()
    .min(0)
    .max(DEPLOYMENT_MAX)
    .optional()
    .describe("Which contract; may be left out where there is one, or with an event."),
  eventId: EventId.optional().describe("Only facts of this event."),
  owner: Address.optional().describe("Only facts that name this wallet as `from` or `to`."),
  kind: Kinds.optional(),
  after: FactPosition.optional(),
});

/** `data` of `event: fact`. */
export const FactEvent = z.strictObject({
  kind: z
    .enum(FACT_KINDS)
    .describe(
      "A sale is a move as well, in the same transaction. deposit, release, refund, fund and " +
        "reclaim are entries of the escrow; royalty is a payee's share of a pot; payout and credit " +
        "are what accounts were sent, or would not take.",
    ),
  eventId: EventId.nullable().describe("Null for a payout or a credit, which may be of several."),
  ticketId: TicketId.nullable(),
  from: Address.nullable().describe(
    "Who gave, sold or paid; who held what was checked in or void, then.",
  ),
  to: Address.nullable().describe("Who got the ticket, or the money."),
  amount: Amount.nullable(),
  currency: Address.nullable().describe("Of a royalty, payout or credit; else the event's."),
  txHash: TxHash,
  blockNumber: z.int(),
  logIndex: z.int(),
  at: Time,
  state: z
    .enum(["confirmed", "final"])
    .describe("confirmed: a reorg can still take it back; `event: final` says when no more."),
});

/**
 * `data` of `event: head`, from where on facts are told as they come; of `event: final`, whenever
 * that moves; and of `event: reset`: nobody knows what was missed, so look everything up anew.
 */
export const FactHeadEvent = z.strictObject({
  deployment: z.int(),
  blockNumber: z.int().describe("All facts up to this block were told."),
  finalNumber: z.int().describe("Facts up to this block are final."),
});

/** `data` of `event: undone`: forget every fact after this block; those of the new chain follow. */
export const FactUndoneEvent = z.strictObject({
  deployment: z.int(),
  afterBlock: z.int().describe("-1 where a local chain began anew: forget them all."),
});

/** `data` of `event: dropped`, the last one: come back with Last-Event-ID. */
export const FactDroppedEvent = z.strictObject({ reason: z.enum(["slow"]) });
