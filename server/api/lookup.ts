// Wire schemas of what the mirror of the chain knows beside the tickets themselves.
import { z } from "zod";
import { Address, Amount, EventId, TicketId, Time, TxHash } from "./fields.ts";
import { cursorOf, LogPlace, NextCursor, PageSize } from "./page.ts";
import { TicketResponse } from "./ticket.ts";

const WAIT_SECONDS_MAX = 10;
const CurrencyAddress = Address.describe("Token contract; the zero address is the native coin.");
const Final = z.boolean().describe("True once its block can no longer be replaced.");

export const PAYOUT_LIST = "payouts";
/** Block, log, and the payee's place in it; newest first. */
const PayoutPosition = z.tuple([z.int().min(0), LogPlace, LogPlace]);
export const PayoutListQuery = z.strictObject({
  limit: PageSize,
  cursor: cursorOf(PAYOUT_LIST, PayoutPosition).optional(),
});

export const PayoutListResponse = z.strictObject({
  currency: CurrencyAddress,
  payouts: z.array(
    z.strictObject({
      kind: z
        .enum(["royalties", "escrow"])
        .describe("A payee's share of a pot, or what tickets brought to the organiser."),
      account: Address,
      amount: Amount,
      txHash: TxHash,
      at: Time,
      final: Final,
    }),
  ),
  owed: z
    .array(z.strictObject({ account: Address, amount: Amount }))
    .describe("To those who would not take it: their own to withdraw, over all events."),
  next: NextCursor,
});

export const SALE_LIST = "sales";
/** Deployment is the event's; block and log, newest first. */
const SalePosition = z.tuple([z.int().min(0), LogPlace]);
export const SaleListQuery = z.strictObject({
  limit: PageSize,
  cursor: cursorOf(SALE_LIST, SalePosition).optional(),
});

export const SaleResponse = z.strictObject({
  ticketId: TicketId,
  seller: Address,
  buyer: Address,
  price: Amount.describe("What the buyer paid, in the event's currency."),
  royalty: Amount,
  fee: Amount,
  txHash: TxHash,
  at: Time,
  final: Final,
});

export const SaleListResponse = z.strictObject({
  currency: CurrencyAddress,
  sales: z.array(SaleResponse),
  next: NextCursor,
});

export const HistoryResponse = z.strictObject({
  entries: z
    .array(
      z.strictObject({
        kind: z.enum(["mint", "move", "sale", "check-in", "void", "refund"]),
        from: Address.nullable(),
        to: Address.nullable(),
        amount: Amount.nullable().describe("Of a sale or a refund, in the event's currency."),
        txHash: TxHash,
        at: Time,
        final: Final,
      }),
    )
    .describe("Oldest first."),
});

export const RoyaltiesResponse = z.strictObject({
  currency: CurrencyAddress,
  collected: Amount,
  distributed: Amount,
  payees: z.array(
    z.strictObject({
      payee: Address,
      shareBps: z.int(),
      owed: Amount.describe("Of what lies in the pot; the last payee also gets what is left over."),
      paid: Amount.describe("To this address, by all distributions so far."),
    }),
  ),
});

export const TransactionQuery = z.strictObject({
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(WAIT_SECONDS_MAX)
    .default(0)
    .describe("Seconds to wait until the mirror shows it."),
});

export const TransactionResponse = z.strictObject({
  state: z
    .enum(["unknown", "included", "mirrored"])
    .describe(
      "unknown: no chain has it in a block, or nobody could be asked; included: not every lookup " +
        "shows what it did yet; mirrored: every lookup does.",
    ),
  blockNumber: z.int().nullable(),
  final: Final,
  tickets: z.array(TicketResponse).describe("Those that it moved or minted, as they are now."),
});

export const PaidOrderResponse = z.strictObject({
  eventId: EventId,
  payer: Address,
  amount: Amount.describe("In the event's currency."),
  txHash: TxHash,
  at: Time,
  final: Final,
  tickets: z.array(TicketResponse).describe("Those that it bought, as they are now."),
});

export const MirrorResponse = z.strictObject({
  deployments: z.array(
    z.strictObject({
      deployment: z.int(),
      blockNumber: z.int(),
      finalNumber: z.int(),
      lagBlocks: z.int().describe("Blocks that the chain was ahead when it was last asked."),
      lagSeconds: z.number().describe("Since the mirror was last as new as the chain."),
    }),
  ),
});
