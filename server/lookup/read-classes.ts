// The allocation classes of an event as its contract counts them (I11).
import type { z } from "zod";
import type { ClassesResponse } from "../api/event-lookup.ts";
import { Bug, Refusal } from "../domain/failure.ts";
import { CLASSES } from "../domain/stock.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";

export async function readClasses(
  db: Sql,
  event: EventRef,
): Promise<z.output<typeof ClassesResponse>> {
  const { rows } = await db.query<{
    class: number;
    cap: number;
    minted: number;
    floor: bigint;
    final: boolean;
  }>({
    name: "classes-of-event",
    text: `SELECT class, cap, minted, floor, stock.block_number <= cursor.final_number AS final
           FROM mirror.class_stock AS stock JOIN mirror.cursor USING (deployment)
           WHERE stock.deployment = $1 AND event_id = $2 ORDER BY class`,
    values: [event.deployment, event.eventId],
  });
  if (rows.length === 0) {
    throw new Refusal("request/not-found", `The mirror has no event ${formatEventId(event)}.`);
  }
  return {
    classes: rows.map(({ class: number, cap, minted, floor, final }) => ({
      ...{ class: nameOf(number), cap, minted, floor: floor.toString(), final },
    })),
  };
}

function nameOf(number: number): (typeof CLASSES)[number] {
  const name = CLASSES[number];
  if (name === undefined) throw new Bug(`The mirror has a class ${number} that no contract has.`);
  return name;
}
