// A seating plan as pretix writes it: zones of rows of seats, and the shapes drawn around them.

/** Only what we read; everything else of a file is kept as it is and comes back in the export. */
export interface PlanFile {
  name: string;
  categories: readonly PlanCategory[];
  zones: readonly PlanZone[];
  size?: { width: number; height: number } | undefined;
}

export interface PlanCategory {
  name: string;
  color?: string | undefined;
}

export interface PlanZone {
  name?: string | undefined;
  zone_id?: string | undefined;
  position: Position;
  rows: readonly PlanRow[];
  areas?: readonly PlanArea[] | undefined;
}

export interface PlanRow {
  row_number: string;
  position?: Position | undefined;
  seats: readonly PlanSeat[];
}

export interface PlanSeat {
  seat_guid: string;
  seat_number: string;
  position: Position;
  category: string;
}

/** A shape: a stage, a bar, a floor. Its text may be plain in files of old. */
export interface PlanArea {
  position?: Position | undefined;
  text?: string | { text: string } | undefined;
}

export interface Position {
  x: number;
  y: number;
}

/** Positions are nested: a seat's is relative to its row, and that to its zone. */
export function placeOf(zone: PlanZone, row: PlanRow, seat: PlanSeat): Position {
  return {
    x: zone.position.x + (row.position?.x ?? 0) + seat.position.x,
    y: zone.position.y + (row.position?.y ?? 0) + seat.position.y,
  };
}

/** What fans and staff call the zone; files of old have no id, and new ones need no name. */
export function nameOfZone(zone: PlanZone): string {
  return zone.name || zone.zone_id || "";
}
