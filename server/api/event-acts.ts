// Wire schemas of what is done to an event on sale: cancelled, or moved to a later time.
import { z } from "zod";
import { EVENT_ACT_KINDS, EVENT_STATES, PUBLISH_STEP_STATES } from "../domain/event.ts";
import { Address, PlainText, Time, TxHash } from "./fields.ts";

const REASON_LENGTH_MAX = 500;

const Why = PlainText.min(1)
  .max(REASON_LENGTH_MAX)
  .describe("Kept in the audit log.")
  .meta({ examples: ["The singer lost her voice."] });

export const CancelRequest = z.strictObject({ reason: Why });

export const RescheduleRequest = z.strictObject({
  doorsAt: Time.describe("Later than now and than before; the freeze moves with it."),
  startsAt: Time,
  endsAt: Time,
  reason: Why,
});

export const EventActsResponse = z.strictObject({
  state: z.enum(EVENT_STATES),
  orders: z
    .strictObject({
      paid: z.int().min(0).describe("All that were ever paid."),
      refunded: z.int().min(0),
      waiting: z.int().min(0).describe("For the organiser's fund, because tickets were sold on."),
      attention: z.int().min(0).describe("Whose refund the provider refused."),
    })
    .describe("How far they are paid back."),
  acts: z.array(
    z.strictObject({
      kind: z.enum(EVENT_ACT_KINDS),
      why: z.string(),
      askedBy: Address,
      askedAt: Time,
      doorsAt: Time.nullable(),
      state: z.enum(PUBLISH_STEP_STATES).describe("On chain; done once no reorg reaches it."),
      reason: z.string().nullable().describe("The contract's error, where it refuses."),
      txHash: TxHash.nullable(),
      ordersTold: z.int().min(0).describe("A cancellation at once, new times when they hold."),
      ordersToTell: z.int().min(0).describe("All of them, told or not."),
      walletsTold: z.int().min(0).describe("Buyers and holders, each once."),
    }),
  ),
});
