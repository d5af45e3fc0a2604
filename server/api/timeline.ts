// Wire schema of what happened to an order, from its hold to the last thing that came of its tickets.
import { z } from "zod";
import { TIMELINE_KINDS } from "../domain/timeline.ts";
import { Amount, OrderId, TicketId, Time, TxHash } from "./fields.ts";

export const TimelineResponse = z.strictObject({
  orderId: OrderId,
  steps: z
    .array(
      z.strictObject({
        kind: z
          .enum(TIMELINE_KINDS)
          .describe(
            "moved: to a seat like the one that was gone when the money came late. " +
              "sent: its mint, to the chain. given: moved to another wallet without a sale. " +
              "scanned: admitted at a door. checked-in: the same, written on chain.",
          ),
        at: Time.describe("Of what is on chain, the time of its block."),
        ticketId: TicketId.nullable().describe("Null for what is of the whole order."),
        label: z.string().nullable(),
        amount: Amount.nullable(),
        currency: z
          .string()
          .nullable()
          .describe("ISO 4217 code; of a resale the token's address, zero for the chain's coin."),
        txHash: TxHash.nullable(),
        final: z
          .boolean()
          .nullable()
          .describe("Of what is on chain: true once its block can no longer be replaced."),
      }),
    )
    .describe("Oldest first. Scans of a ticket that is another wallet's by now are left out."),
});
