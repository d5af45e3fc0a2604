// Numbers the seats of a row so that neighbours have consecutive numbers and an aisle skips one.
import type { Position } from "./plan-file.ts";

/**
 * A gap this much wider than the row's usual pitch is an aisle: one seat left out makes it twice as
 * wide, and a wheelchair place beside a seat less than that.
 */
const AISLE_PITCHES = 1.5;
/** Fewer gaps do not tell what is usual in a row; then the zone's other rows do. */
const TELLING_GAPS_MIN = 3;

/** For each seat, in the order given, its number from 1 on. */
export function numberRow(seats: readonly Position[], usualPitch: number): number[] {
  const order = orderAlong(seats);
  const gaps = gapsOf(seats, order);
  const pitch = gaps.length < TELLING_GAPS_MIN ? usualPitch : lowerMedian(gaps);
  const numbers = new Array<number>(seats.length);
  let number = 0;
  for (const [at, seat] of order.entries()) {
    const gap = gaps[at - 1] ?? 0;
    number += gap > pitch * AISLE_PITCHES ? 2 : 1;
    numbers[seat] = number;
  }
  return numbers;
}

/** The usual distance of neighbours in these rows; 0 where no row has two seats. */
export function usualPitch(rows: readonly (readonly Position[])[]): number {
  return lowerMedian(rows.flatMap((seats) => gapsOf(seats, orderAlong(seats))));
}

/**
 * Files list a row's seats from one end to the other, or by number where odd and even ones sit on
 * two sides. Whichever of the two ways along the row is shorter is how people sit in it.
 */
function orderAlong(seats: readonly Position[]): number[] {
  const listed = seats.map((_, at) => at);
  if (seats.length < 3) return listed;
  const start = farthestFrom(seats, seats[0] as Position);
  const end = farthestFrom(seats, seats[start] as Position);
  const from = seats[start] as Position;
  const to = seats[end] as Position;
  const along = ({ x, y }: Position) =>
    (x - from.x) * (to.x - from.x) + (y - from.y) * (to.y - from.y);
  const projected = listed.toSorted(
    (a, b) => along(seats[a] as Position) - along(seats[b] as Position) || a - b,
  );
  if ((projected[0] ?? 0) > (projected.at(-1) ?? 0)) projected.reverse();
  const length = (order: number[]) => gapsOf(seats, order).reduce((sum, gap) => sum + gap, 0);
  return length(projected) < length(listed) ? projected : listed;
}

/** Math.hypot takes care of numbers that no drawing has, and takes ten times as long. */
function distanceOf(a: Position, b: Position): number {
  return Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2);
}

function farthestFrom(seats: readonly Position[], point: Position): number {
  let farthest = 0;
  let most = -1;
  for (const [at, seat] of seats.entries()) {
    const distance = distanceOf(seat, point);
    if (distance > most) {
      most = distance;
      farthest = at;
    }
  }
  return farthest;
}

function gapsOf(seats: readonly Position[], order: readonly number[]): number[] {
  return order.slice(1).map((seat, at) => {
    const here = seats[seat] as Position;
    const before = seats[order[at] as number] as Position;
    return distanceOf(here, before);
  });
}

/** The lower of the two in the middle: half of a row's gaps may be aisles. */
function lowerMedian(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  return ascending[Math.floor((ascending.length - 1) / 2)] ?? 0;
}
