// Sets an event's prices. Orders keep the price at which they were made, so a price may always change.
import type { z } from "zod";
import type { CategoriesRequest } from "../../api/organiser.ts";
import type { EventRef } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";
import { countChange, lockEvent, requireChangeable } from "./lock-event.ts";
import { invalid } from "./terms.ts";

type Category = z.output<typeof CategoriesRequest>["categories"][number];

export async function putCategories(
  sql: Sql,
  ref: EventRef,
  { version, categories }: { version: number; categories: readonly Category[] },
): Promise<void> {
  const event = await lockEvent(sql, ref, version);
  if (event.state !== "draft") requirePrices(categories);
  const names = categories.map(({ name }) => name);
  requireOnce(names);
  const { rows: before } = await sql.query<{ name: string; used: boolean }>({
    text: `SELECT name,
             EXISTS (SELECT 1 FROM sale.seat WHERE seat.deployment = $1 AND seat.event_id = $2
                       AND seat.category_id = category.id)
             OR EXISTS (SELECT 1 FROM sale.area WHERE area.deployment = $1 AND area.event_id = $2
                          AND area.category_id = category.id) AS used
           FROM sale.category WHERE deployment = $1 AND event_id = $2`,
    values: [ref.deployment, ref.eventId],
  });
  const missing = before.filter(({ name, used }) => used && !names.includes(name));
  if (missing.length > 0) {
    throw invalid(
      missing.map(({ name }) => ({
        pointer: "/categories",
        detail: `The category "${name}" has places and cannot be left out.`,
      })),
    );
  }
  const added = names.some((name) => before.every((category) => category.name !== name));
  // On chain a category is part of the plan, and its price is not.
  if (added) await requireChangeable(sql, event, ["plan"]);
  await storeCategories(sql, ref, categories);
  await dropUnused(sql, ref, names);
  await countChange(sql, event);
}

/** As publishing asks for: from then on nothing but a comp is given away. */
function requirePrices(categories: readonly Category[]): void {
  const free = categories.flatMap(({ name, price }, at) =>
    BigInt(price) > 0n
      ? []
      : [{ pointer: `/categories/${at}/price`, detail: `The category "${name}" is on sale.` }],
  );
  if (free.length > 0) throw invalid(free);
}

/** Categories keep their ids as long as they keep their names. */
export async function storeCategories(
  sql: Sql,
  ref: EventRef,
  categories: readonly { name: string; color?: string | undefined; price?: string | undefined }[],
): Promise<void> {
  await sql.query({
    text: `INSERT INTO sale.category AS category (deployment, event_id, id, name, color, price)
           SELECT $1, $2,
                  coalesce((SELECT max(id) FROM sale.category
                            WHERE deployment = $1 AND event_id = $2), 0) + position,
                  name, coalesce(color, '#6b7280'), coalesce(price, 0)
           FROM unnest($3::text[], $4::text[], $5::numeric[])
                WITH ORDINALITY AS given (name, color, price, position)
           ON CONFLICT (deployment, event_id, name) DO UPDATE
             SET color = coalesce((SELECT color FROM unnest($3::text[], $4::text[]) AS again (name, color)
                                   WHERE again.name = category.name), category.color),
                 price = coalesce((SELECT price FROM unnest($3::text[], $5::numeric[]) AS again (name, price)
                                   WHERE again.name = category.name), category.price)`,
    values: [
      ...[ref.deployment, ref.eventId, categories.map(({ name }) => name)],
      categories.map(({ color }) => color ?? null),
      categories.map(({ price }) => price ?? null),
    ],
  });
}

/** Those that no seat and no area has and that nobody named. */
export async function dropUnused(sql: Sql, ref: EventRef, names: readonly string[]): Promise<void> {
  await sql.query({
    text: `DELETE FROM sale.category
           WHERE deployment = $1 AND event_id = $2 AND name <> ALL ($3)
             AND NOT EXISTS (SELECT 1 FROM sale.seat WHERE seat.deployment = $1
                               AND seat.event_id = $2 AND seat.category_id = category.id)
             AND NOT EXISTS (SELECT 1 FROM sale.area WHERE area.deployment = $1
                               AND area.event_id = $2 AND area.category_id = category.id)`,
    values: [ref.deployment, ref.eventId, names],
  });
}

function requireOnce(names: readonly string[]): void {
  for (const [at, name] of names.entries()) {
    if (names.indexOf(name) === at) continue;
    throw invalid([{ pointer: `/categories/${at}/name`, detail: `"${name}" is there twice.` }]);
  }
}
