// The demo event: a small hall with a real seating plan, so that a newcomer has something to buy.
import { packSeat } from "#server/domain/ticket-id.ts";

export interface DemoSeat {
  seat: number;
  section: string;
  row: string;
  number: string;
  category: number;
  x: number;
  y: number;
}

export const DEMO_CATEGORIES = [
  { id: 1, name: "Front stalls", color: "#8c1c13", price: 4_800n },
  { id: 2, name: "Stalls", color: "#bf4342", price: 3_600n },
  { id: 3, name: "Balcony", color: "#735751", price: 2_400n },
] as const;

const SECTIONS = [
  { number: 1, name: "Stalls", rows: "ABCDEFGHJK", seats: 14, radius: 300 },
  { number: 2, name: "Balcony", rows: "LMNP", seats: 18, radius: 760 },
];
const FRONT_ROWS = 3;
const ROW_DEPTH = 40;
const SEAT_ANGLE = 0.062;
const STAGE = { x: 600, y: -60 };

/** Rows are arcs around the stage; coordinates are in the plan's own units. */
export function demoSeats(): DemoSeat[] {
  return SECTIONS.flatMap((section) =>
    [...section.rows].flatMap((row, rowAt) =>
      Array.from({ length: section.seats }, (_, seatAt) => {
        const radius = section.radius + rowAt * ROW_DEPTH;
        // Rows further back curve less, so that neighbours are equally far apart everywhere.
        const angle = (seatAt - (section.seats - 1) / 2) * SEAT_ANGLE * (620 / radius);
        return {
          seat: packSeat({ section: section.number, row: rowAt + 1, seat: seatAt + 1 }),
          section: section.name,
          row,
          number: String(seatAt + 1),
          category: section.number === 2 ? 3 : rowAt < FRONT_ROWS ? 1 : 2,
          x: Math.round(STAGE.x + radius * Math.sin(angle)),
          y: Math.round(STAGE.y + radius * Math.cos(angle)),
        };
      }),
    ),
  );
}
