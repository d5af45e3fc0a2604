// Wire schema of an event's queue: paid tickets on their way to the chain, for who organises it.
import { z } from "zod";
import { REFUND_LINE_STATES } from "../domain/refund.ts";
import { Amount, OrderId, TicketId, Time, TxHash } from "./fields.ts";

const Count = z.int().min(0);

export const QueueResponse = z.strictObject({
  counts: z
    .strictObject({
      ...{ queued: Count, sent: Count, minted: Count, attention: Count, withdrawn: Count },
    })
    .describe("Tickets by how far they are; withdrawn: refunded before they were minted."),
  oldestSeconds: z
    .int()
    .min(0)
    .nullable()
    .describe("How long the oldest one waits that is queued or sent; null where none does."),
  batches: z
    .array(
      z.strictObject({
        txHash: TxHash,
        tickets: Count.describe("Of this event; a transaction carries one event's alone."),
        sentAt: Time.nullable().describe("Null while nobody but us has seen it."),
        bids: Count.describe("How often more was offered, and the first time."),
        feeMax: Amount.describe("What it can cost at most, in the coin's smallest unit."),
      }),
    )
    .describe("Transactions that no block has taken yet, oldest first."),
  fees: z
    .strictObject({
      tickets: Count,
      feeMax: Amount.describe("What the chain could ask at most, in the coin's smallest unit."),
    })
    .describe("Of all transactions that minted for this event or are about to."),
  attention: z
    .array(
      z.strictObject({
        orderId: OrderId,
        ticketId: TicketId,
        label: z.string(),
        reason: z.string().nullable().describe("What the contract says, or who minted it."),
        since: Time,
        refund: z.enum(REFUND_LINE_STATES).nullable().describe("How far it is taken back."),
        refundPath: z
          .string()
          .nullable()
          .describe("Where to POST a refund; null where it was asked for already."),
      }),
    )
    .describe("The first 200 tickets that wait for a person, the longest waiting first."),
});
