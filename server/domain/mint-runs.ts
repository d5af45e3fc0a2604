// How paid seats are packed into the contract's mintRuns: neighbours of one owner travel together.
import { assertInvariant } from "./failure.ts";
import { type SeatKey, unpackTicketId } from "./ticket-id.ts";

export interface MintSeat {
  ticketId: bigint;
  owner: `0x${string}`;
}

interface Run {
  owner: `0x${string}`;
  firstPlace: bigint;
  count: number;
}

/** A run's count is one byte on chain. */
const RUN_LENGTH_MAX = 255;
const PLACE_BITS = 40n;
const ROW_SIZE = 2 ** 12;

/** Records of 26 bytes: owner 20 · issue, section, row and seat 5 · count 1. */
export function encodeRuns(seats: readonly MintSeat[]): `0x${string}` {
  const records = toRuns(seats).map(
    ({ owner, firstPlace, count }) =>
      owner.slice(2).toLowerCase() +
      firstPlace.toString(16).padStart(10, "0") +
      count.toString(16).padStart(2, "0"),
  );
  return `0x${records.join("")}`;
}

export function toRuns(seats: readonly MintSeat[]): Run[] {
  const sorted = [...seats].sort((a, b) => (a.ticketId < b.ticketId ? -1 : 1));
  const runs: Run[] = [];
  for (const { ticketId, owner } of sorted) {
    const place = ticketId & ((1n << PLACE_BITS) - 1n);
    const last = runs.at(-1);
    if (last !== undefined && continues({ run: last, place, owner })) last.count += 1;
    else runs.push({ owner, firstPlace: place, count: 1 });
  }
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  assertInvariant(total === seats.length, "every seat is in exactly one run");
  return runs;
}

function continues({ run, place, owner }: { run: Run; place: bigint; owner: string }): boolean {
  const seat: SeatKey = unpackTicketId(place).seat;
  // A run never wraps into the next row: the contract refuses it.
  return (
    run.owner === owner &&
    run.count < RUN_LENGTH_MAX &&
    place === run.firstPlace + BigInt(run.count) &&
    seat % ROW_SIZE !== 0
  );
}
