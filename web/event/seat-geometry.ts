// Where seats lie on the map: their plan's coordinates fitted to a size on the screen.
import type { Seat } from "../api/wire.ts";

export interface Plan {
  seats: readonly Seat[];
  left: number;
  top: number;
  width: number;
  height: number;
  /** The distance between neighbours; everything is drawn in proportion to it. */
  pitch: number;
  rows: readonly RowLabel[];
  sections: readonly SectionLabel[];
}

/** A row's name stands beyond both of its ends. */
interface RowLabel {
  row: string;
  ends: readonly Point[];
}

interface SectionLabel {
  section: string;
  at: Point;
}

export interface Point {
  x: number;
  y: number;
}

/** Room around the seats, in pitches: the stage in front, row names at the sides. */
const MARGIN_SIDE = 1.8;
const MARGIN_STAGE = 4.2;
const MARGIN_BACK = 1;
const PITCH_OF_A_LONE_SEAT = 10;
/** Half the width of a section's name, in pitches. */
const MIDDLE_OF_SECTION = 2;

export function planOf(seats: readonly Seat[]): Plan {
  const rows = [...groupBy(seats, ({ section, row }) => `${section}|${row}`).values()].map((row) =>
    row.sort((a, b) => a.x - b.x || a.y - b.y),
  );
  const pitch = pitchOf(rows);
  const xs = extentOf(seats.map(({ x }) => x));
  const ys = extentOf(seats.map(({ y }) => y));
  return {
    seats,
    pitch,
    left: xs.min - MARGIN_SIDE * pitch,
    top: ys.min - MARGIN_STAGE * pitch,
    width: xs.max - xs.min + 2 * MARGIN_SIDE * pitch,
    height: ys.max - ys.min + (MARGIN_STAGE + MARGIN_BACK) * pitch,
    rows: rows.map((row) => rowLabel(row, pitch)),
    sections: [...groupBy(seats, ({ section }) => section).values()].map((section) =>
      sectionLabel(section, pitch),
    ),
  };
}

/** The seat nearest to a point of the plan, if it is within reach. */
export function seatAt(plan: Plan, point: Point, reach: number): Seat | undefined {
  let nearest: Seat | undefined;
  let nearestSquared = reach ** 2;
  for (const seat of plan.seats) {
    const squared = (seat.x - point.x) ** 2 + (seat.y - point.y) ** 2;
    if (squared > nearestSquared) continue;
    nearest = seat;
    nearestSquared = squared;
  }
  return nearest;
}

/** The smallest step between neighbours of a row, also where rows are arcs. */
function pitchOf(rows: readonly (readonly Seat[])[]): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    for (const [index, seat] of row.entries()) {
      const before = row[index - 1];
      const step = before === undefined ? 0 : distance(before, seat);
      if (step > 0 && step < smallest) smallest = step;
    }
  }
  return Number.isFinite(smallest) ? smallest : PITCH_OF_A_LONE_SEAT;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function rowLabel(row: readonly Seat[], pitch: number): RowLabel {
  const [first, last] = [row[0], row.at(-1)];
  if (first === undefined || last === undefined) return { row: "", ends: [] };
  const left = beyond(first, row[1] ?? { x: first.x + pitch, y: first.y }, pitch);
  const right = beyond(last, row.at(-2) ?? { x: last.x - pitch, y: last.y }, pitch);
  return { row: first.row, ends: [left, right] };
}

/** One step further from the neighbour, along the row's own line: arcs keep their shape. */
function beyond(end: Point, neighbour: Point, pitch: number): Point {
  const length = distance(end, neighbour) || pitch;
  return {
    x: end.x + ((end.x - neighbour.x) / length) * pitch,
    y: end.y + ((end.y - neighbour.y) / length) * pitch,
  };
}

/** Above the seats in the section's middle: the sides of an arc reach further to the front. */
function sectionLabel(seats: readonly Seat[], pitch: number): SectionLabel {
  const { min, max } = extentOf(seats.map(({ x }) => x));
  const centre = (min + max) / 2;
  const middle = seats.filter(({ x }) => Math.abs(x - centre) <= pitch * MIDDLE_OF_SECTION);
  const top = extentOf((middle.length === 0 ? seats : middle).map(({ y }) => y)).min;
  return { section: seats[0]?.section ?? "", at: { x: centre, y: top - pitch } };
}

/** A loop, because spreading tens of thousands of arguments overflows the stack. */
function extentOf(values: readonly number[]): { min: number; max: number } {
  let min = values[0] ?? 0;
  let max = min;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
