// How places of a hold are written in Redis: seats as "12,13" and areas as "5x2,7x1", or "-" for none.
import type { SeatKey } from "../domain/ticket-id.ts";

/** Places of a general admission area: so many, without a number. */
export interface AreaPlaces {
  area: number;
  places: number;
}

export interface Places {
  seats: SeatKey[];
  areas: AreaPlaces[];
}

const NONE = "-";
/** As many as the largest safe integer has, which is the time of what never ends. */
const TIME_DIGITS = 16;

export function countPlaces({ seats, areas }: Places): number {
  return areas.reduce((sum, { places }) => sum + places, seats.length);
}

export function formatAreas(areas: readonly AreaPlaces[]): string {
  return areas.map(({ area, places }) => `${area}x${places}`).join(",") || NONE;
}

/** Times of one length sort as text, which Lua compares faster than numbers. */
export function formatMs(ms: number): string {
  return String(ms).padStart(TIME_DIGITS, "0");
}

export function parseSeats(text: string): SeatKey[] {
  return text === NONE ? [] : text.split(",").map(Number);
}

export function parseAreas(text: string): AreaPlaces[] {
  if (text === NONE) return [];
  return text.split(",").map((part) => {
    const [area, places] = part.split("x").map(Number);
    return { area: area ?? 0, places: places ?? 0 };
  });
}

/** Claims as Postgres has them: every place is a seat, and those of an area name it. */
export function placesOf(claims: readonly { seat: bigint; area: number | null }[]): Places {
  const counts = new Map<number, number>();
  for (const { area } of claims) if (area !== null) counts.set(area, (counts.get(area) ?? 0) + 1);
  return {
    seats: claims.filter(({ area }) => area === null).map(({ seat }) => Number(seat)),
    areas: [...counts].map(([area, places]) => ({ area, places })),
  };
}
