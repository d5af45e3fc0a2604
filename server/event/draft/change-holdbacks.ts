// Keeps seats back for the artist, sponsors and guests, and marks places for wheelchairs and companions.
import type { z } from "zod";
import type { HoldbacksRequest } from "../../api/organiser.ts";
import { ACCESS, classNumber } from "../../domain/stock.ts";
import type { EventRef } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";
import { countChange, lockEvent, requireChangeable } from "./lock-event.ts";
import { invalid } from "./terms.ts";

type Holdback = z.output<typeof HoldbacksRequest>["holdbacks"][number];

const UNKNOWN_LISTED_MAX = 20;

export async function changeHoldbacks(
  sql: Sql,
  ref: EventRef,
  { version, holdbacks }: { version: number; holdbacks: readonly Holdback[] },
): Promise<void> {
  const event = await lockEvent(sql, ref, version);
  // The chain knows how many of each class there are, and nothing of wheelchairs. Its units move
  // to the public class alone, and before the seats do.
  const moves = holdbacks.flatMap((holdback) => holdback.class ?? []);
  const gives = event.state === "published" && moves.every((to) => to === "public");
  await requireChangeable(sql, event, moves.length === 0 || gives ? [] : ["holdbacks"]);
  const before = event.state === "draft" ? [] : await keptSeats(sql, ref);
  for (const [at, holdback] of holdbacks.entries()) await apply(sql, ref, { at, holdback });
  await askForRelease(sql, ref, before);
  await countChange(sql, event);
}

interface KeptSeat {
  seat: bigint;
  class: number;
}

async function keptSeats(sql: Sql, ref: EventRef): Promise<KeptSeat[]> {
  const { rows } = await sql.query<KeptSeat>({
    text: `SELECT seat, class FROM sale.seat
           WHERE deployment = $1 AND event_id = $2 AND class <> 0 ORDER BY seat`,
    values: [ref.deployment, ref.eventId],
  });
  return rows;
}

/** Seats that were given back stay what they were until the worker has moved their units. */
async function askForRelease(sql: Sql, ref: EventRef, before: readonly KeptSeat[]): Promise<void> {
  if (before.length === 0) return;
  const still = new Set((await keptSeats(sql, ref)).map(({ seat }) => seat));
  const given = before.filter(({ seat }) => !still.has(seat));
  const values = [
    ...[ref.deployment, ref.eventId],
    given.map(({ seat }) => seat),
    given.map((kept) => kept.class),
  ];
  await sql.query({
    text: `UPDATE sale.seat SET class = given.class
           FROM unnest($3::bigint[], $4::smallint[]) AS given (seat, class)
           WHERE deployment = $1 AND event_id = $2 AND seat.seat = given.seat`,
    values,
  });
  await sql.query({
    text: `INSERT INTO sale.class_release (deployment, event_id, class, seats)
           SELECT $1, $2, given.class, array_agg(given.seat ORDER BY given.seat)
           FROM unnest($3::bigint[], $4::smallint[]) AS given (seat, class)
           WHERE NOT EXISTS (SELECT 1 FROM sale.class_release release
                             WHERE release.deployment = $1 AND release.event_id = $2
                               AND release.state <> 'done' AND given.seat = ANY (release.seats))
             AND NOT EXISTS (SELECT 1 FROM sale.claim
                             WHERE claim.deployment = $1 AND claim.event_id = $2
                               AND claim.seat = given.seat AND claim.expires_at > now())
           GROUP BY given.class`,
    values,
  });
}

async function apply(
  sql: Sql,
  ref: EventRef,
  { at, holdback }: { at: number; holdback: Holdback },
): Promise<void> {
  const { guids, zone, row, access } = holdback;
  const { rows } = await sql.query<{ guid: string }>({
    text: `UPDATE sale.seat SET class = coalesce($3, class), access = coalesce($4, access)
           WHERE deployment = $1 AND event_id = $2
             AND ${guids === undefined ? `zone = $5 AND ($6::text IS NULL OR "row" = $6)` : "guid = ANY ($5)"}
           RETURNING guid`,
    values: [
      ...[ref.deployment, ref.eventId],
      holdback.class === undefined ? null : classNumber(holdback.class),
      access === undefined ? null : ACCESS.indexOf(access),
      ...(guids === undefined ? [zone, row ?? null] : [guids]),
    ],
  });
  const pointer = `/holdbacks/${at}`;
  if (guids === undefined) {
    const where = row === undefined ? `zone "${zone}"` : `zone "${zone}", row "${row}"`;
    if (rows.length === 0) throw invalid([{ pointer, detail: `The plan has no ${where}.` }]);
    return;
  }
  const found = new Set(rows.map(({ guid }) => guid));
  const unknown = guids.filter((guid) => !found.has(guid));
  if (unknown.length === 0) return;
  throw invalid(
    unknown.slice(0, UNKNOWN_LISTED_MAX).map((guid) => ({
      pointer: `${pointer}/guids`,
      detail: `The plan has no seat "${guid}" (${unknown.length} such).`,
    })),
  );
}
