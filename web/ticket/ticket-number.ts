// The number on a ticket: its id on the chain, in groups that can be read aloud.
import { parseTicketId } from "#server/domain/ticket-id.ts";

const GROUP = /\B(?=(\d{3})+$)/g;
/** A thin space: it groups the digits without becoming a place to break the line. */
const SEPARATOR = "\u202f";

export function ticketNumber(ticketId: string): string {
  return parseTicketId(ticketId).ticketId.toString().replace(GROUP, SEPARATOR);
}
