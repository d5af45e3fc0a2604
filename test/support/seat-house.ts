// Other plans for a suite's event than the demo's: large houses, areas, seats that are kept back.
import { packSeat } from "#server/domain/ticket-id.ts";
import type { House } from "./house.ts";

type Place = Pick<House, "db" | "event">;

/** Rows of section 1 on, best first from left to right; the old seats are gone. */
export async function seatHouse(
  { db, event }: Place,
  size: { sections: number; rows: number; seats: number },
): Promise<number[]> {
  const { deployment, eventId } = event;
  const list = Array.from({ length: size.sections * size.rows }, (_, at) => ({
    section: 1 + Math.floor(at / size.rows),
    row: 1 + (at % size.rows),
  })).flatMap(({ section, row }) =>
    Array.from({ length: size.seats }, (_, at) => packSeat({ section, row, seat: at + 1 })),
  );
  await db.query({
    text: "DELETE FROM sale.seat WHERE deployment = $1 AND event_id = $2",
    values: [deployment, eventId],
  });
  await db.query({
    text: `INSERT INTO sale.seat (deployment, event_id, seat, section, "row", number, category_id,
                                  x, y, zone, guid, rank)
           SELECT $1, $2, seat, (seat >> 24)::text, ((seat >> 12) & 4095)::text,
                  (seat & 4095)::text, 2, (seat & 4095)::int * 40,
                  (rank / $4)::int * 40, (seat >> 24)::text, seat::text, rank
           FROM unnest($3::bigint[]) WITH ORDINALITY AS given (seat, rank)`,
    values: [deployment, eventId, list, size.seats],
  });
  await changePlan({ db, event });
  return list;
}

/** The sale notices another plan by its version. */
export async function changePlan({ db, event }: Place, text?: string): Promise<void> {
  const values = [event.deployment, event.eventId];
  if (text !== undefined) await db.query({ text, values });
  await db.query({
    text: "UPDATE sale.event SET version = version + 1 WHERE deployment = $1 AND id = $2",
    values,
  });
}

/** A place to stand, as section 9. */
export async function addArea({ db, event }: Place, capacity: number): Promise<number> {
  await db.query({
    text: `INSERT INTO sale.area (deployment, event_id, section, zone, name, category_id, capacity)
           VALUES ($1, $2, 9, 'Floor', 'Standing', 2, $3)`,
    values: [event.deployment, event.eventId, capacity],
  });
  await changePlan({ db, event });
  return 9;
}

/** The best seats are those with the lowest keys, row by row from the left. */
export async function rankInOrder(place: Place): Promise<void> {
  await changePlan(
    place,
    `UPDATE sale.seat SET rank = ordered.rank
     FROM (SELECT deployment, event_id, seat, row_number() OVER (ORDER BY seat) AS rank
           FROM sale.seat WHERE deployment = $1 AND event_id = $2) AS ordered
     WHERE seat.deployment = ordered.deployment AND seat.event_id = ordered.event_id
       AND seat.seat = ordered.seat`,
  );
}
