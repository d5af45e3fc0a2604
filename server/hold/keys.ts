// The Redis keys of an event's holds: one hash tag per event, so that a script finds them on one node.
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";

export const LOADED_FIELD = "#loaded";

export function seatsKey(event: EventRef): string {
  return `seats:{${formatEventId(event)}}`;
}

export function holdKey(event: EventRef, holdId: string): string {
  return `hold:{${formatEventId(event)}}:${holdId}`;
}

export function leasedKey(event: EventRef, owner: string): string {
  return `leased:{${formatEventId(event)}}:${owner}`;
}

export function seatLogKey(event: EventRef): string {
  return `seatlog:{${formatEventId(event)}}`;
}
