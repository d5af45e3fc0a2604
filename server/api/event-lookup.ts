// Wire schemas of what the mirror knows of one event, and of the tickets that an order brought.
import { z } from "zod";
import { CLASSES } from "../domain/stock.ts";
import { Address, Amount, OrderId, SeatKey, TicketId, Time, TxHash } from "./fields.ts";
import { cursorOf, LogPlace, NextCursor, PageSize } from "./page.ts";
import { TicketResponse, TicketState } from "./ticket.ts";

const FIELD_MAX = 0xfff;
const Final = z.boolean().describe("True once its block can no longer be replaced.");
const Place = z.coerce.number().int().min(0).max(FIELD_MAX);

export const EVENT_TICKET_LIST = "event-tickets";
export const EventTicketListQuery = z
  .strictObject({
    owner: Address.optional().describe("Only this wallet's."),
    state: TicketState.optional().describe("Only those in this state."),
    class: z.enum(CLASSES).optional().describe("Only those that were minted of this class."),
    section: Place.optional().describe("Only those of this section of the plan."),
    row: Place.optional().describe("Only those of this row; the section goes with it."),
    limit: PageSize,
    cursor: cursorOf(EVENT_TICKET_LIST, z.tuple([TicketId])).optional(),
  })
  .refine(({ section, row }) => row === undefined || section !== undefined, {
    path: ["section"],
    message: "is needed with a row",
  });

export const EventTicketListResponse = z.strictObject({
  tickets: z
    .array(TicketResponse)
    .describe("By issue and seat. Where few fit, a page may have fewer than asked for, or none."),
  next: NextCursor,
});

export const CHECK_IN_LIST = "check-ins";
/** Ticket, block and log: a ticket's place in the index, and in its own history. */
const CheckInPosition = z.tuple([TicketId, z.int().min(0), LogPlace]);
export const CheckInListQuery = z.strictObject({
  limit: PageSize,
  cursor: cursorOf(CHECK_IN_LIST, CheckInPosition).optional(),
});

export const CheckInListResponse = z.strictObject({
  checkIns: z
    .array(
      z.strictObject({
        ...{ ticketId: TicketId, seat: SeatKey },
        ...{ txHash: TxHash, at: Time, final: Final },
      }),
    )
    .describe("Those that the chain was told of, by issue and seat."),
  next: NextCursor,
});

export const ESCROW_LIST = "escrow";
export const ESCROW_KINDS = ["deposited", "released", "refunded", "funded", "reclaimed"] as const;
const EscrowKind = z
  .enum(ESCROW_KINDS)
  .describe(
    "deposited: tickets were paid on chain. released: paid to the organiser. refunded: paid back " +
      "to a holder. funded, reclaimed: what the organiser put in for refunds, and took out again.",
  );
/** Block and log, newest first. */
const EscrowPosition = z.tuple([z.int().min(0), LogPlace]);
export const EscrowQuery = z.strictObject({
  kind: EscrowKind.optional().describe("Only entries of this kind."),
  limit: PageSize,
  cursor: cursorOf(ESCROW_LIST, EscrowPosition).optional(),
});

export const EscrowResponse = z.strictObject({
  currency: Address.describe("Token contract; the zero address is the native coin."),
  held: Amount.describe("What lies there for tickets that were paid on chain."),
  funds: Amount.describe("What the organiser put in for refunds that no escrow covers."),
  deposited: Amount,
  released: Amount,
  refunded: Amount,
  entries: z
    .array(
      z.strictObject({
        kind: EscrowKind,
        account: Address.nullable().describe("Who was paid, where somebody was."),
        ticketId: TicketId.nullable().describe("Of a refund."),
        ...{ amount: Amount, txHash: TxHash, at: Time, final: Final },
      }),
    )
    .describe("Newest first."),
  next: NextCursor,
});

export const ClassesResponse = z.strictObject({
  classes: z.array(
    z.strictObject({
      class: z.enum(CLASSES),
      cap: z.int().describe("How many tickets of it there may be."),
      minted: z.int(),
      floor: Amount.describe("Its lowest price, in the smallest unit of the event's faces."),
      final: Final,
    }),
  ),
});

export const OrderTicketsResponse = z.strictObject({
  orderId: OrderId,
  tickets: z.array(
    z.strictObject({
      ...{ seat: SeatKey, ticketId: TicketId },
      ticket: TicketResponse.nullable().describe("As it is now; null until the mirror shows it."),
    }),
  ),
});
