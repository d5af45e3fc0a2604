// The places of an event as its sale needs them: price, class, access and rank of each seat and area.
import { type House, layOut, type Place } from "../domain/best-available.ts";
import { Refusal } from "../domain/failure.ts";
import type { EventRef, SeatKey } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import type { AreaPlaces, Places } from "./places.ts";

export interface SaleSeat extends Place {
  label: string;
}

export interface SaleArea {
  name: string;
  price: bigint;
  category: number;
  class: number;
  capacity: number;
}

export interface Plan {
  seats: ReadonlyMap<SeatKey, SaleSeat>;
  /** By section, which is what an area is called by. */
  areas: ReadonlyMap<number, SaleArea>;
  /** The same seats in rows. */
  house: House;
}

type SeatRow = Omit<SaleSeat, "seat" | "category"> & { seat: bigint; category_id: number };
type AreaRow = Omit<SaleArea, "category"> & { section: number; category_id: number };

export async function readPlan(db: Sql, event: EventRef): Promise<Plan> {
  const values = [event.deployment, event.eventId];
  const seats = await db.query<SeatRow>({
    name: "sale-seats",
    text: `SELECT s.seat, c.price, s.category_id, s.class, s.access, s.rank, s.x, s.y,
                  s.section || ', row ' || s.row || ', seat ' || s.number AS label
           FROM sale.seat s
           JOIN sale.category c ON c.deployment = s.deployment AND c.event_id = s.event_id
                               AND c.id = s.category_id
           WHERE s.deployment = $1 AND s.event_id = $2 ORDER BY s.seat`,
    values,
  });
  const areas = await db.query<AreaRow>({
    name: "sale-areas",
    text: `SELECT a.section, a.name, c.price, a.category_id, a.class, a.capacity
           FROM sale.area a
           JOIN sale.category c ON c.deployment = a.deployment AND c.event_id = a.event_id
                               AND c.id = a.category_id
           WHERE a.deployment = $1 AND a.event_id = $2`,
    values,
  });
  const places = seats.rows.map(({ seat, category_id, ...rest }) => ({
    ...rest,
    seat: Number(seat),
    category: category_id,
  }));
  return {
    seats: new Map(places.map((place) => [place.seat, place])),
    house: layOut(places),
    areas: new Map(
      areas.rows.map(({ section, category_id, ...rest }) => [
        section,
        { ...rest, category: category_id },
      ]),
    ),
  };
}

export function requireSeats(plan: Plan, seats: readonly SeatKey[]): SaleSeat[] {
  return seats.map((seat) => {
    const found = plan.seats.get(seat);
    if (found !== undefined) return found;
    throw new Refusal("request/not-found", `The event has no seat ${seat}.`, { seat });
  });
}

export function requireAreas(plan: Plan, areas: readonly AreaPlaces[]): SaleArea[] {
  return areas.map(({ area }) => {
    const found = plan.areas.get(area);
    if (found !== undefined) return found;
    throw new Refusal("request/not-found", `The event has no area ${area}.`, { area });
  });
}

export function totalOf(plan: Plan, { seats, areas }: Places): bigint {
  const ofSeats = requireSeats(plan, seats).reduce((sum, { price }) => sum + price, 0n);
  return requireAreas(plan, areas).reduce(
    (sum, { price }, at) => sum + price * BigInt(areas[at]?.places ?? 0),
    ofSeats,
  );
}

/** What a wish names, each looked up once. */
export interface Found {
  seats: SaleSeat[];
  areas: SaleArea[];
}

export function requirePlaces(plan: Plan, { seats, areas }: Places): Found {
  return { seats: requireSeats(plan, seats), areas: requireAreas(plan, areas) };
}

export function classesOf({ seats, areas }: Found): Set<number> {
  const classes = new Set<number>();
  for (const seat of seats) classes.add(seat.class);
  for (const area of areas) classes.add(area.class);
  return classes;
}
