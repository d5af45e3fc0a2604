// Wire schemas of tickets, as the mirror of the chain knows them.
import { z } from "zod";
import { Address, Amount, EventId, SeatKey, TicketId, Time, TxHash } from "./fields.ts";
import { cursorOf, NextCursor, PageSize } from "./page.ts";

/** Deployment and ticket, as they are in an id of a ticket. */
const TicketPosition = z.tuple([TicketId]);
export const TICKET_LIST = "tickets";

export const TicketState = z.enum(["valid", "used", "void"]);

export const TicketListQuery = z.strictObject({
  owner: Address,
  eventId: EventId.optional().describe("Only this event's."),
  state: TicketState.optional().describe("Only those in this state."),
  limit: PageSize,
  cursor: cursorOf(TICKET_LIST, TicketPosition).optional(),
});

export const TicketResponse = z.strictObject({
  id: TicketId,
  tokenId: z.string().describe("The ERC-721 id, decimal."),
  eventId: EventId,
  seat: SeatKey,
  owner: Address,
  face: Amount.nullable(),
  nonce: z
    .int()
    .describe("Moves so far; a gate pass names it, so a pass dies when the ticket moves."),
  state: TicketState,
  final: z.boolean().describe("True once its block can no longer be replaced."),
  mintTx: TxHash,
  mintedAt: Time,
});

export const TicketListResponse = z.strictObject({
  tickets: z.array(TicketResponse),
  next: NextCursor,
});
