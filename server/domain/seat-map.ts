// The whole seat map in two bits a seat, in the order of the plan: written by the API, read by pages.
import { keccak256, stringToBytes } from "viem";

/** off: kept for somebody, so that fans cannot have it now. Their order is that of the wire. */
export const SEAT_STATES = ["free", "held", "sold", "off"] as const;
export type SeatMapState = (typeof SEAT_STATES)[number];
export type SeatStateNumber = 0 | 1 | 2 | 3;

export interface SeatMap {
  /** Names the seats and their order: a map says nothing about another plan's seats. */
  seating: string;
  /** Where a listener goes on from this map. */
  cursor: string;
  /** One state a seat, by the seat's place in the plan. */
  states: Uint8Array;
}

const MAGIC = "SDM1";
const HEADER_BYTES = 8;
const SEATING_LENGTH = 16;
const STATES_PER_BYTE = 4;
const BITS = 2;

/** Seats in the order of their keys, which is the order of an event's `seats`. */
export function nameSeating(seats: readonly number[]): string {
  return keccak256(stringToBytes(seats.join(","))).slice(2, 2 + SEATING_LENGTH);
}

/**
 * "SDM1" · number of seats (u32, little endian) · length of the text (u16) · the text "seating
 * cursor" · the states, four in a byte, the first in the lowest bits.
 */
export function encodeSeatMap({ seating, cursor, states }: SeatMap): Uint8Array {
  const text = new TextEncoder().encode(`${seating} ${cursor}`);
  const from = HEADER_BYTES + 2 + text.length;
  const bytes = new Uint8Array(from + Math.ceil(states.length / STATES_PER_BYTE));
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint32(MAGIC.length, states.length, true);
  view.setUint16(HEADER_BYTES, text.length, true);
  bytes.set(text, HEADER_BYTES + 2);
  for (const [index, state] of states.entries()) {
    const at = from + Math.floor(index / STATES_PER_BYTE);
    bytes[at] = (bytes[at] ?? 0) | (state << (BITS * (index % STATES_PER_BYTE)));
  }
  return bytes;
}

/** Throws on anything else than a whole map. */
export function decodeSeatMap(bytes: Uint8Array): SeatMap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES + 2 || textOf(bytes, 0, MAGIC.length) !== MAGIC) {
    throw new RangeError("This is no seat map.");
  }
  const count = view.getUint32(MAGIC.length, true);
  const length = view.getUint16(HEADER_BYTES, true);
  const from = HEADER_BYTES + 2 + length;
  if (bytes.length !== from + Math.ceil(count / STATES_PER_BYTE)) {
    throw new RangeError("The seat map is not whole.");
  }
  const [seating = "", cursor = ""] = textOf(bytes, HEADER_BYTES + 2, length).split(" ");
  const states = new Uint8Array(count);
  for (let index = 0; index < count; index += 1) {
    const packed = bytes[from + Math.floor(index / STATES_PER_BYTE)] ?? 0;
    states[index] = (packed >> (BITS * (index % STATES_PER_BYTE))) & 3;
  }
  return { seating, cursor, states };
}

function textOf(bytes: Uint8Array, from: number, length: number): string {
  return new TextDecoder().decode(bytes.subarray(from, from + length));
}
