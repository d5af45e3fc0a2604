// Wire schemas of refunds: which tickets, why, and how far each of them is.
import { z } from "zod";
import { PAYS, REFUND_CAUSES, REFUND_LINE_STATES, REFUND_STATES } from "../domain/refund.ts";
import { Amount, Currency, OrderId, PlainText, TicketId, Time, TxHash } from "./fields.ts";

/** Of the largest order that an event may allow. */
const TICKETS_MAX = 100;
const REASON_LENGTH_MAX = 500;

export const RefundId = z
  .string()
  .regex(/^rfd_[0-9a-z]{26}$/)
  .meta({ description: "Refund id, `rfd_…`.", examples: ["rfd_4m0kq2v7c1b9n3x5z8d6f0g2h4"] });

export const RefundRequest = z.strictObject({
  tickets: z
    .array(TicketId)
    .min(1)
    .max(TICKETS_MAX)
    .refine((ids) => new Set(ids).size === ids.length, "names a ticket twice")
    .describe("Of the order; all of them are taken back, or none."),
  reason: PlainText.min(1)
    .max(REASON_LENGTH_MAX)
    .describe("Kept in the audit log.")
    .meta({ examples: ["The fan fell ill."] }),
});

const RefundLineResponse = z.strictObject({
  ticketId: TicketId,
  label: z.string(),
  price: Amount,
  state: z
    .enum(REFUND_LINE_STATES)
    .describe(
      "asked, sent (its void is under way), voided, waiting (for the organiser's fund), paid, freed " +
        "(its seat is on sale again), refused (used first: nothing is paid).",
    ),
  pays: z.enum(PAYS).nullable().describe("Whom its price goes to; known once it is void."),
  reason: z.string().nullable(),
  txHash: TxHash.nullable().describe("Of the transaction that its state waits for."),
  toDo: z.string().nullable().describe("What a person has to do before it goes on."),
});

export const RefundResponse = z.strictObject({
  id: RefundId,
  orderId: OrderId,
  cause: z.enum(REFUND_CAUSES),
  reason: z.string(),
  askedBy: z.string(),
  state: z
    .enum(REFUND_STATES)
    .describe(
      "attention: the provider refused, as `why` says; the same tickets asked again retry.",
    ),
  amount: Amount.nullable().describe("For the payer; fixed once none of its tickets can enter."),
  currency: Currency,
  why: z.string().nullable(),
  askedAt: Time,
  paidAt: Time.nullable(),
  lines: z.array(RefundLineResponse),
});

export const RefundListResponse = z.strictObject({ refunds: z.array(RefundResponse) });
