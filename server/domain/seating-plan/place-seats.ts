// Gives every seat of a plan its key, its labels, its place in the drawing and its rank in the house.
import { packSeat, type SeatKey } from "../ticket-id.ts";
import { createProblemList, NUMBER_MAX, type ProblemList } from "./find-problems.ts";
import { numberRow, usualPitch } from "./number-row.ts";
import { nameOfZone, type PlanFile, type PlanZone, type Position, placeOf } from "./plan-file.ts";

export interface PlacedSeat {
  key: SeatKey;
  guid: string;
  zone: string;
  row: string;
  number: string;
  category: string;
  x: number;
  y: number;
  /** 1 is the best seat. */
  rank: number;
}

/** What an area is called where the audience looks; the rest of a plan's shapes says nothing. */
const STAGE = /\b(stage|podium|screen|pitch|b[üu]hne|leinwand|sc[èe]ne|palco|escenario|scena)\b/iu;

/** Of a plan without problems; the ones found here are of rows too long once aisles are counted. */
export function placeSeats(plan: PlanFile): { seats: PlacedSeat[] } & ProblemList {
  const list = createProblemList();
  const seats: PlacedSeat[] = [];
  let section = 0;
  for (const zone of plan.zones) {
    if (zone.rows.every((row) => row.seats.length === 0)) continue;
    section += 1;
    for (const seat of placeZone(zone, section, list.add)) seats.push(seat);
  }
  if (seats.length > 0) rankSeats(plan, seats);
  return { seats, ...list.result() };
}

function* placeZone(
  zone: PlanZone,
  section: number,
  add: ReturnType<typeof createProblemList>["add"],
): Generator<PlacedSeat> {
  const name = nameOfZone(zone);
  const places = zone.rows.map((row) => row.seats.map((seat) => placeOf(zone, row, seat)));
  const pitch = usualPitch(places);
  for (const [at, row] of zone.rows.entries()) {
    const here = places[at] as Position[];
    const numbers = numberRow(here, pitch);
    if (numbers.some((number) => number > NUMBER_MAX)) {
      const detail = `A row has up to ${NUMBER_MAX} seats, its aisles counted.`;
      add({ code: "seats-too-many", zone: name, row: row.row_number, detail });
      continue;
    }
    for (const [seatAt, seat] of row.seats.entries()) {
      yield {
        key: packSeat({ section, row: at + 1, seat: numbers[seatAt] as number }),
        guid: seat.seat_guid,
        zone: name,
        row: row.row_number,
        number: seat.seat_number,
        category: seat.category,
        x: Math.round((here[seatAt] as Position).x),
        y: Math.round((here[seatAt] as Position).y),
        rank: 0,
      };
    }
  }
}

/** By category, as the plan lists them, and by distance to the stage within each. */
function rankSeats(plan: PlanFile, seats: PlacedSeat[]): void {
  const order = new Map(plan.categories.map(({ name }, at) => [name, at]));
  const front = frontOf(plan, seats);
  const ranked = seats.map((seat) => ({
    seat,
    category: order.get(seat.category) ?? plan.categories.length,
    distance: Math.hypot(seat.x - front.x, seat.y - front.y),
  }));
  ranked.sort(
    (a, b) => a.category - b.category || a.distance - b.distance || a.seat.key - b.seat.key,
  );
  for (const [at, { seat }] of ranked.entries()) seat.rank = at + 1;
}

/** Where a shape says that it is the stage, else the middle of the plan's upper edge. */
function frontOf(plan: PlanFile, seats: readonly PlacedSeat[]): Position {
  for (const zone of plan.zones) {
    for (const { text, position } of zone.areas ?? []) {
      const words = typeof text === "object" ? text.text : (text ?? "");
      if (!STAGE.test(words)) continue;
      return {
        x: zone.position.x + (position?.x ?? 0),
        y: zone.position.y + (position?.y ?? 0),
      };
    }
  }
  const box = { left: Infinity, right: -Infinity, top: Infinity };
  for (const { x, y } of seats) {
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
  }
  return { x: (box.left + box.right) / 2, y: box.top };
}
