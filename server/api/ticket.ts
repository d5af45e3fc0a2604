// Wire schemas of tickets, as the mirror of the chain knows them.
import { z } from "zod";
import { Address, Amount, EventId, SeatKey, TicketId, Time, TxHash } from "./fields.ts";

const PAGE_SIZE_DEFAULT = 50;
const PAGE_SIZE_MAX = 200;

export const TicketListQuery = z.strictObject({
  owner: Address,
  limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(PAGE_SIZE_DEFAULT),
  cursor: TicketId.optional().describe("`next` of the page before."),
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
  state: z.enum(["valid", "used", "void"]),
  final: z.boolean().describe("True once its block can no longer be replaced."),
  mintTx: TxHash,
  mintedAt: Time,
});

export const TicketListResponse = z.strictObject({
  tickets: z.array(TicketResponse),
  next: TicketId.nullable(),
});
