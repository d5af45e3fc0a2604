// Wire schemas of orders and their payments.
import { z } from "zod";
import { ORDER_STATES, PAYMENT_STATES } from "../domain/order.ts";
import {
  Address,
  Amount,
  Currency,
  EventId,
  HoldId,
  OrderId,
  PaymentId,
  SeatKey,
  TicketId,
  Time,
  TxHash,
} from "./fields.ts";

export const OrderRequest = z.strictObject({ eventId: EventId, holdId: HoldId });

export const OrderLineResponse = z.strictObject({
  seat: SeatKey,
  label: z.string(),
  ticketId: TicketId,
  price: Amount,
  mint: z
    .enum(["none", "queued", "sent", "minted", "attention"])
    .describe("How far the ticket has come; none before the payment."),
  txHash: TxHash.nullable(),
});

export const OrderResponse = z.strictObject({
  id: OrderId,
  eventId: EventId,
  buyer: Address,
  state: z.enum(ORDER_STATES),
  total: Amount,
  currency: Currency,
  createdAt: Time,
  expiresAt: Time,
  paidAt: Time.nullable(),
  lines: z.array(OrderLineResponse),
});

/**
 * The development provider knows no cards: the two words play a card that works and one that does
 * not.
 */
export const PaymentRequest = z.strictObject({
  provider: z.literal("development"),
  source: z.enum(["works", "declines"]),
});

export const PaymentResponse = z.strictObject({
  id: PaymentId,
  orderId: OrderId,
  state: z.enum(PAYMENT_STATES),
  amount: Amount,
  currency: Currency,
});
