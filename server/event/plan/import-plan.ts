// Makes a plan the event's own: its file, its seats and its categories, in the caller's transaction.
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { EventRef, SeatKey } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";
import { countChange, lockEvent, requireChangeable } from "../draft/lock-event.ts";
import { dropUnused, storeCategories } from "../draft/put-categories.ts";
import type { ReadPlan } from "./read-plan-file.ts";

/** So that no statement takes longer than a second. */
const SEATS_PER_STATEMENT = 10_000;
const HEX_COLOR = /^#[0-9a-fA-F]{6}$/;

/** What an import needs of a plan: all but the text, which is packed. */
export interface PackedPlan extends Omit<ReadPlan, "canonical"> {
  packed: Uint8Array;
}

/** As it is stored: a twentieth of the file's size. */
export function packPlan({ canonical }: ReadPlan): Promise<Buffer> {
  return promisify(gzip)(canonical);
}

export async function importPlan(
  sql: Sql,
  ref: EventRef,
  { version, plan }: { version: number; plan: PackedPlan },
): Promise<void> {
  const event = await lockEvent(sql, ref, version);
  await requireChangeable(sql, event, ["plan"]);
  const kept = await readHoldbacks(sql, ref);
  await sql.query({
    text: "DELETE FROM sale.seat WHERE deployment = $1 AND event_id = $2",
    values: [ref.deployment, ref.eventId],
  });
  const categories = await replaceCategories(sql, ref, plan);
  await insertSeats(sql, ref, { plan, categories });
  await applyHoldbacks(sql, ref, kept);
  await sql.query({
    text: `INSERT INTO sale.plan (deployment, event_id, hash, content) VALUES ($1, $2, $3, $4)
           ON CONFLICT (deployment, event_id) DO UPDATE
             SET hash = EXCLUDED.hash, content = EXCLUDED.content, imported_at = now()`,
    values: [ref.deployment, ref.eventId, plan.hash, plan.packed],
  });
  await countChange(sql, event);
}

/** Those of the plan, with the prices that they had by name; new ones have none yet. */
async function replaceCategories(
  sql: Sql,
  ref: EventRef,
  plan: PackedPlan,
): Promise<ReadonlyMap<string, number>> {
  await storeCategories(
    sql,
    ref,
    plan.categories.map(({ name, color }) => ({
      name,
      // Drawings may use any color of CSS; our map takes the six digits that most of them do.
      color: color !== undefined && HEX_COLOR.test(color) ? color : undefined,
    })),
  );
  const names = plan.categories.map(({ name }) => name);
  await dropUnused(sql, ref, names);
  const { rows } = await sql.query<{ id: number; name: string }>({
    text: "SELECT id, name FROM sale.category WHERE deployment = $1 AND event_id = $2",
    values: [ref.deployment, ref.eventId],
  });
  return new Map(rows.map(({ id, name }) => [name, id]));
}

async function insertSeats(
  sql: Sql,
  ref: EventRef,
  { plan, categories }: { plan: PackedPlan; categories: ReadonlyMap<string, number> },
): Promise<void> {
  for (let start = 0; start < plan.seats.length; start += SEATS_PER_STATEMENT) {
    const seats = plan.seats.slice(start, start + SEATS_PER_STATEMENT);
    await sql.query({
      text: `INSERT INTO sale.seat (deployment, event_id, seat, section, "row", number,
                                    category_id, x, y, zone, guid, rank)
             SELECT $1, $2, seat, zone, "row", number, category, x, y, zone, guid, rank
             FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::smallint[],
                         $8::int[], $9::int[], $10::text[], $11::int[])
                  AS given (seat, zone, "row", number, category, x, y, guid, rank)`,
      values: [
        ...[ref.deployment, ref.eventId],
        seats.map(({ key }): SeatKey => key),
        seats.map(({ zone }) => zone),
        seats.map(({ row }) => row),
        seats.map(({ number }) => number),
        seats.map(({ category }) => categories.get(category)),
        seats.map(({ x }) => x),
        seats.map(({ y }) => y),
        seats.map(({ guid }) => guid),
        seats.map(({ rank }) => rank),
      ],
    });
  }
}

interface Holdback {
  guid: string;
  class: number;
  access: number;
}

/** A plan that was corrected must not put the sponsor's seats on sale. */
async function readHoldbacks(sql: Sql, ref: EventRef): Promise<Holdback[]> {
  const { rows } = await sql.query<Holdback>({
    text: `SELECT guid, class, access FROM sale.seat
           WHERE deployment = $1 AND event_id = $2 AND (class <> 0 OR access <> 0)`,
    values: [ref.deployment, ref.eventId],
  });
  return rows;
}

async function applyHoldbacks(sql: Sql, ref: EventRef, kept: readonly Holdback[]): Promise<void> {
  if (kept.length === 0) return;
  await sql.query({
    text: `UPDATE sale.seat SET class = kept.class, access = kept.access
           FROM unnest($3::text[], $4::smallint[], $5::smallint[]) AS kept (guid, class, access)
           WHERE deployment = $1 AND event_id = $2 AND seat.guid = kept.guid`,
    values: [
      ...[ref.deployment, ref.eventId],
      kept.map(({ guid }) => guid),
      kept.map((holdback) => holdback.class),
      kept.map(({ access }) => access),
    ],
  });
}
