// Wire schemas of orders and their payments.
import { z } from "zod";
import { TICKET_STAGES } from "../domain/confirmation.ts";
import { DISPUTE_STATES, MINT_LINE_STATES, ORDER_STATES, PAYMENT_STATES } from "../domain/order.ts";
import { REFUND_LINE_STATES } from "../domain/refund.ts";
import { RELAY_STATES } from "../domain/voucher.ts";
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

/** The last second that a date can have; the chain's own times end sooner. */
const SECONDS_MAX = 8_640_000_000_000;

export const OrderRequest = z.strictObject({ eventId: EventId, holdId: HoldId });

const TicketStage = z
  .enum(TICKET_STAGES)
  .describe(
    "The same as fans see it: included in a block, safe, and final once nothing can take it back. " +
      "A block that the chain takes back leads from there to sent again.",
  );

export const OrderLineResponse = z.strictObject({
  seat: SeatKey,
  label: z.string(),
  ticketId: TicketId,
  price: Amount,
  mint: z
    .enum(["none", ...MINT_LINE_STATES])
    .describe("How far the ticket has come; none before the payment."),
  stage: TicketStage,
  txHash: TxHash.nullable(),
  refund: z
    .enum(REFUND_LINE_STATES)
    .nullable()
    .describe("How far it is taken back, where it is; its price follows once it is void."),
  movedFrom: z
    .strictObject({ seat: SeatKey, label: z.string(), at: Time })
    .nullable()
    .describe(
      "The place that it was ordered as: paid too late, it became an equal one of the same price.",
    ),
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
  dispute: z
    .enum(DISPUTE_STATES)
    .nullable()
    .describe("Of money that a bank asks back; the tickets of a lost one are voided."),
  lines: z.array(OrderLineResponse),
});

/** What an event of an order carries; of a change, only the lines that it is about. */
export const OrderProgress = z.strictObject({
  state: z.enum(ORDER_STATES),
  lines: z.array(z.strictObject({ seat: SeatKey, stage: TicketStage, txHash: TxHash.nullable() })),
});

/**
 * The development provider knows no cards: the two words play a card that works and one that does
 * not.
 */
const DevelopmentPaymentRequest = z.strictObject({
  provider: z.literal("development"),
  source: z.enum(["works", "declines"]),
});

/** The fan pays at Stripe's page: `redirectUrl` of the answer. */
const StripePaymentRequest = z.strictObject({ provider: z.literal("stripe") });

/** The fan's wallet pays and mints in one transaction: `voucher` of the answer. */
const VoucherPaymentRequest = z.strictObject({ provider: z.literal("voucher") });

/** A worker sends it, after a voucher was asked for: the fan signs alone, and needs no coin. */
const RelayPaymentRequest = z.strictObject({
  provider: z.literal("relay"),
  authorisation: z
    .strictObject({
      validAfter: z.int().min(0),
      validBefore: z.int().min(0).max(SECONDS_MAX),
      signature: z
        .string()
        .regex(/^0x[0-9a-fA-F]{130}$/)
        .meta({ examples: [`0x${"1b".repeat(65)}`] }),
    })
    .describe("The token's ReceiveWithAuthorization (EIP-3009) of the voucher's `authorisation`."),
});

export const PaymentRequest = z.discriminatedUnion("provider", [
  DevelopmentPaymentRequest,
  StripePaymentRequest,
  VoucherPaymentRequest,
  RelayPaymentRequest,
]);

const EventNumber = z
  .string()
  .regex(/^\d{1,7}$/)
  .meta({ description: "The event as the contracts number it.", examples: ["7"] });
const Bytes = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/)
  .meta({ description: "Bytes in hex.", examples: ["0x00ff"] });

/** What was signed for the order (EIP-712), and the transaction that a wallet sends for it. */
const VoucherResponse = z.strictObject({
  chainId: z.int(),
  boxOffice: Address.describe("The contract that sells; a token is approved to it first."),
  token: Address.nullable().describe("What pays; null for the chain's own coin."),
  amount: Amount.describe("In the smallest unit of the coin or the token."),
  deadline: Time.describe("From then on the contract refuses it, by the chain's clock."),
  domain: z.strictObject({
    ...{ name: z.string(), version: z.string() },
    ...{ chainId: z.int(), verifyingContract: Address },
  }),
  voucher: z.strictObject({
    ...{ eventId: EventNumber, class: z.int(), unitPrice: Amount },
    ...{ deadline: z.int(), payer: Address, orderId: TxHash, runs: Bytes },
  }),
  signer: Address,
  signature: Bytes,
  transaction: z
    .strictObject({ to: Address, data: Bytes, value: Amount })
    .describe("BoxOffice.buy with this voucher; it reverts whole if anything is not as signed."),
  authorisation: z
    .strictObject({ from: Address, to: Address, value: Amount, nonce: TxHash })
    .nullable()
    .describe("What the fan may sign for a relay instead; null for a chain's coin."),
  relay: z
    .strictObject({ state: z.enum(RELAY_STATES), why: z.string().nullable() })
    .nullable()
    .describe("Of the authorisation that was handed in; `why` is the contract's error."),
});

/** What Stripe sends; only its signature and its id count, and the rest is asked for again. */
export const StripeEventRequest = z.looseObject({
  id: z.string().min(1).max(255),
  object: z.literal("event"),
  type: z.string().min(1).max(255),
});

export const PaymentResponse = z.strictObject({
  id: PaymentId,
  orderId: OrderId,
  state: z.enum(PAYMENT_STATES),
  amount: Amount,
  currency: Currency,
  redirectUrl: z
    .url()
    .nullable()
    .describe("Where the fan goes on to pay; null when there is nothing left to do."),
  voucher: VoucherResponse.nullable().describe("What the fan's wallet pays with, where it does."),
});
