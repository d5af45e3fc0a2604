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
  // The chain knows how many of each class there are, and nothing of wheelchairs.
  const moves = holdbacks.some((holdback) => holdback.class !== undefined);
  await requireChangeable(sql, event, moves ? ["holdbacks"] : []);
  for (const [at, holdback] of holdbacks.entries()) await apply(sql, ref, { at, holdback });
  await countChange(sql, event);
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
