// The demo event: a small hall with a real seating plan, so that a newcomer has something to buy.

/** Dearest and best first, in minor units. */
export const DEMO_CATEGORIES = [
  { name: "Front stalls", color: "#8c1c13", price: "4800" },
  { name: "Stalls", color: "#bf4342", price: "3600" },
  { name: "Balcony", color: "#735751", price: "2400" },
] as const;

const ZONES = [
  { name: "Stalls", rows: "ABCDEFGHJK", seats: 14, radius: 300 },
  { name: "Balcony", rows: "LMNP", seats: 18, radius: 760 },
];
const FRONT_ROWS = 3;
const ROW_DEPTH = 40;
const SEAT_ANGLE = 0.062;
const STAGE = { x: 600, y: -60 };
const SIZE = { width: 1_200, height: 900 };

/** As pretix's editor would write it. Rows are arcs around the stage. */
export function demoPlan(): Record<string, unknown> {
  return {
    name: "Alhambra Hall",
    size: SIZE,
    categories: DEMO_CATEGORIES.map(({ name, color }) => ({ name, color })),
    zones: ZONES.map((zone, at) => ({
      name: zone.name,
      zone_id: zone.name.toLowerCase(),
      position: { x: 0, y: 0 },
      rows: [...zone.rows].map((name, rowAt) => ({
        row_number: name,
        row_number_position: "both",
        position: { x: 0, y: 0 },
        seats: Array.from({ length: zone.seats }, (_, seatAt) => ({
          seat_guid: `${zone.name.toLowerCase()}-${name}-${seatAt + 1}`,
          seat_number: String(seatAt + 1),
          position: placeOf(zone, rowAt, seatAt),
          category: categoryOf(at, rowAt),
        })),
      })),
      areas: at === 0 ? [stage()] : [],
    })),
  };
}

function categoryOf(zone: number, row: number): string {
  if (zone > 0) return "Balcony";
  return row < FRONT_ROWS ? "Front stalls" : "Stalls";
}

function placeOf(zone: (typeof ZONES)[number], row: number, seat: number) {
  const radius = zone.radius + row * ROW_DEPTH;
  // Rows further back curve less, so that neighbours are equally far apart everywhere.
  const angle = (seat - (zone.seats - 1) / 2) * SEAT_ANGLE * (620 / radius);
  return {
    x: Math.round(STAGE.x + radius * Math.sin(angle)),
    y: Math.round(STAGE.y + radius * Math.cos(angle)),
  };
}

function stage() {
  return {
    shape: "rectangle",
    color: "#d9d4cc",
    border_color: "#8a8378",
    position: { x: STAGE.x - 200, y: 0 },
    rectangle: { width: 400, height: 120 },
    text: { text: "Stage", color: "#333333", size: 24, position: { x: 200, y: 60 } },
  };
}
