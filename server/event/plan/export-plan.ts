// Gives an event's plan back as it was imported, in its one spelling, to the byte.
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Packed } from "../../api/handler.ts";
import { Refusal } from "../../domain/failure.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";
import { packJson } from "../pack-json.ts";

export async function exportPlan(sql: Sql, ref: EventRef): Promise<Packed> {
  const { rows } = await sql.query<{ content: Buffer }>({
    text: "SELECT content FROM sale.plan WHERE deployment = $1 AND event_id = $2",
    values: [ref.deployment, ref.eventId],
  });
  const [row] = rows;
  if (row === undefined) {
    throw new Refusal("request/not-found", `${formatEventId(ref)} has no seating plan.`);
  }
  return packJson(await promisify(gunzip)(row.content));
}
