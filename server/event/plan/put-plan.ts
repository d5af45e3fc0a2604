// Answers an import: what was found in the file, and the event's next version if it was kept.
import type { z } from "zod";
import type { PlanQuery, PlanReport } from "../../api/seating-plan.ts";
import type { EventRef } from "../../domain/ticket-id.ts";
import type { Db } from "../../platform/db/client.ts";
import { lockEvent, requireChangeable } from "../draft/lock-event.ts";
import { importPlan, packPlan } from "./import-plan.ts";
import { type ReadPlan, readPlanFile } from "./read-plan-file.ts";

export async function putPlan(
  db: Db,
  ref: EventRef,
  given: z.output<typeof PlanQuery> & { file: Record<string, unknown> },
): Promise<z.output<typeof PlanReport>> {
  const { version, dryRun, file } = given;
  // First, so that nobody reads twenty megabytes to hear that they cannot be kept.
  await db.transaction(async (sql) => {
    await requireChangeable(sql, await lockEvent(sql, ref, version), ["plan"]);
  });
  const read = readPlanFile(file);
  if (dryRun === "true") return report(read, version);
  const packed = await packPlan(read);
  await db.transaction((sql) => importPlan(sql, ref, { version, read, packed }));
  return report(read, version + 1);
}

function report({ plan, seats, hash }: ReadPlan, version: number): z.output<typeof PlanReport> {
  const counts = new Map<string, number>();
  for (const { category } of seats) counts.set(category, (counts.get(category) ?? 0) + 1);
  const zones = plan.zones.filter(({ rows }) => rows.some((row) => row.seats.length > 0));
  return {
    version,
    planHash: hash,
    zones: zones.length,
    rows: zones.reduce((sum, { rows }) => sum + rows.length, 0),
    seats: seats.length,
    categories: plan.categories.map(({ name }) => ({ name, seats: counts.get(name) ?? 0 })),
  };
}
