// The Redis keys of an event's holds: one hash tag per event, so that a script finds them on one node.
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";

export const LOADED_FIELD = "#loaded";

/** seat → "expiresMs holder", and beside them fields that begin with `#`. */
export function seatsKey(event: EventRef): string {
  return `seats:{${formatEventId(event)}}`;
}

/** Everything that one owner has of an event: holds, and orders paid or not. */
export function ownedKey(event: EventRef, owner: string): string {
  return `owned:{${formatEventId(event)}}:${owner}`;
}

export function areasKey(event: EventRef): string {
  return `areas:{${formatEventId(event)}}`;
}

export function seatLogKey(event: EventRef): string {
  return `seatlog:{${formatEventId(event)}}`;
}

/** What hold, release, extend and claim take, in their order. */
export function holdKeys(event: EventRef, owner: string): string[] {
  return [seatsKey(event), ownedKey(event, owner), areasKey(event), seatLogKey(event)];
}
