// Sets an event's areas without seats. Each has a section of its own, counted down from the last one.
import type { z } from "zod";
import type { AreasRequest } from "../../api/organiser.ts";
import { areaSection } from "../../domain/seating-plan/sections.ts";
import { classNumber } from "../../domain/stock.ts";
import type { EventRef } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";
import { countChange, lockEvent, requireChangeable } from "./lock-event.ts";
import { invalid } from "./terms.ts";

type Area = z.output<typeof AreasRequest>["areas"][number];

export async function putAreas(
  sql: Sql,
  ref: EventRef,
  { version, areas }: { version: number; areas: readonly Area[] },
): Promise<void> {
  const event = await lockEvent(sql, ref, version);
  await requireChangeable(sql, event, ["areas"]);
  const { rows } = await sql.query<{ id: number; name: string }>({
    text: "SELECT id, name FROM sale.category WHERE deployment = $1 AND event_id = $2",
    values: [ref.deployment, ref.eventId],
  });
  const categories = new Map(rows.map(({ id, name }) => [name, id]));
  requireFitting(areas, categories);
  await sql.query({
    text: "DELETE FROM sale.area WHERE deployment = $1 AND event_id = $2",
    values: [ref.deployment, ref.eventId],
  });
  await sql.query({
    text: `INSERT INTO sale.area
             (deployment, event_id, section, zone, name, category_id, capacity, class)
           SELECT $1, $2, * FROM unnest($3::smallint[], $4::text[], $5::text[], $6::smallint[],
                                        $7::int[], $8::smallint[])`,
    values: [
      ...[ref.deployment, ref.eventId],
      areas.map((_, at) => areaSection(at)),
      areas.map(({ zone, name }) => zone ?? name),
      areas.map(({ name }) => name),
      areas.map(({ category }) => categories.get(category)),
      areas.map(({ capacity }) => capacity),
      areas.map((area) => classNumber(area.class)),
    ],
  });
  await countChange(sql, event);
}

function requireFitting(areas: readonly Area[], categories: ReadonlyMap<string, number>): void {
  const errors = areas.flatMap(({ name, category }, at) => [
    ...(areas.findIndex((other) => other.name === name) === at
      ? []
      : [{ pointer: `/areas/${at}/name`, detail: `There is another area "${name}".` }]),
    ...(categories.has(category)
      ? []
      : [{ pointer: `/areas/${at}/category`, detail: `There is no category "${category}".` }]),
  ]);
  if (errors.length > 0) throw invalid(errors);
}
