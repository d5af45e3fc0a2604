// How a seat of an event is written as a ticket's id, on chain, in rows and in addresses.
import { Bug, Refusal } from "./failure.ts";

/**
 * Section 12 · row 12 · seat 12: the low 36 bits of a ticket's id, exact as a JavaScript number.
 */
export type SeatKey = number;

/** Which contract, and which event in it (D11). */
export interface EventRef {
  deployment: number;
  eventId: number;
}

export interface TicketRef {
  deployment: number;
  ticketId: bigint;
}

export interface TicketParts {
  eventId: number;
  issue: number;
  seat: SeatKey;
}

const SEAT_BITS = 36n;
const ISSUE_BITS = 4n;
const FIELD_MAX = 0xfff;
export const SEAT_KEY_MAX = 2 ** 36 - 1;
const AREA_SERIALS = 2 ** 24;
const EVENT_ID_MAX = 2 ** 23 - 1;
/** The contract gives it four bits. */
export const ISSUE_MAX = 15;

export function packSeat(parts: { section: number; row: number; seat: number }): SeatKey {
  for (const [field, value] of Object.entries(parts)) {
    if (!Number.isInteger(value) || value < 0 || value > FIELD_MAX) {
      throw new Bug(`A seat's ${field} must be between 0 and ${FIELD_MAX}, not ${value}.`);
    }
  }
  return parts.section * 2 ** 24 + parts.row * 2 ** 12 + parts.seat;
}

export function unpackSeat(key: SeatKey): { section: number; row: number; seat: number } {
  return {
    section: Math.floor(key / 2 ** 24),
    row: Math.floor(key / 2 ** 12) % 2 ** 12,
    seat: key % 2 ** 12,
  };
}

/** A place of a general admission area: its section and a 24-bit number instead of row and seat. */
export function packAreaPlace({ section, serial }: { section: number; serial: number }): SeatKey {
  return section * AREA_SERIALS + serial;
}

export function unpackAreaPlace(key: SeatKey): { section: number; serial: number } {
  return { section: Math.floor(key / AREA_SERIALS), serial: key % AREA_SERIALS };
}

export function packTicketId({ eventId, issue, seat }: TicketParts): bigint {
  if (eventId < 1 || eventId > EVENT_ID_MAX) throw new Bug(`No event has the id ${eventId}.`);
  if (issue < 0 || issue > ISSUE_MAX) throw new Bug(`No seat has an issue ${issue}.`);
  return (((BigInt(eventId) << ISSUE_BITS) | BigInt(issue)) << SEAT_BITS) | BigInt(seat);
}

export function unpackTicketId(ticketId: bigint): TicketParts {
  return {
    eventId: Number(ticketId >> (SEAT_BITS + ISSUE_BITS)),
    issue: Number((ticketId >> SEAT_BITS) & 0xfn),
    seat: Number(ticketId & ((1n << SEAT_BITS) - 1n)),
  };
}

export function formatEventId({ deployment, eventId }: EventRef): string {
  return `evt_${deployment}_${eventId}`;
}

export function parseEventId(text: string): EventRef {
  const match = /^evt_(\d{1,4})_(\d{1,7})$/.exec(text);
  const [deployment, eventId] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  // An id that no ticket could carry is no event's either.
  if (match === null || eventId < 1 || eventId > EVENT_ID_MAX) {
    throw new Refusal("request/not-found", `There is no event ${text}.`);
  }
  return { deployment, eventId };
}

export function formatTicketId({ deployment, ticketId }: TicketRef): string {
  return `tkt_${deployment}_${ticketId}`;
}

export function parseTicketId(text: string): TicketRef {
  const match = /^tkt_(\d{1,4})_(\d{1,19})$/.exec(text);
  const ticketId = BigInt(match?.[2] ?? 0);
  if (match === null || ticketId >= 1n << 63n) {
    throw new Refusal("request/not-found", `There is no ticket ${text}.`);
  }
  return { deployment: Number(match[1]), ticketId };
}
