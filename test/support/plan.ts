// Seating plans of any size, in pretix's format, with everything that its editor writes.

interface Size {
  zones: number;
  rows: number;
  seats: number;
}

interface Shape {
  shape: string;
  position: { x: number; y: number };
  text?: { text: string; position: { x: number; y: number } };
  [key: string]: unknown;
}

const PITCH = 20;

export function makePlan({ zones, rows, seats }: Size) {
  return {
    name: "Test hall",
    categories: [{ name: "Stalls", color: "#7f4a91" }],
    zones: Array.from({ length: zones }, (_, zone) => ({
      name: `Block ${zone + 1}`,
      zone_id: `zone-${zone + 1}`,
      uuid: `00000000-0000-4000-8000-${String(zone).padStart(12, "0")}`,
      position: { x: zone * seats * PITCH * 2, y: 10.5 },
      rows: Array.from({ length: rows }, (_, row) => ({
        row_number: letters(row),
        row_number_position: "both",
        position: { x: 0, y: row * PITCH },
        seats: Array.from({ length: seats }, (_, seat) => ({
          seat_guid: `${zone + 1}-${letters(row)}-${seat + 1}`,
          seat_number: String(seat + 1),
          position: { x: seat * PITCH, y: 0 },
          category: "Stalls",
          radius: 8,
        })),
      })),
      areas: [] as Shape[],
    })),
    size: { width: zones * seats * PITCH * 2, height: rows * PITCH },
  };
}

/** A, B, … Z, AA: as the rows of a hall. */
function letters(at: number): string {
  const last = String.fromCharCode(65 + (at % 26));
  return at < 26 ? last : letters(Math.floor(at / 26) - 1) + last;
}
