// Answers an import: what was found in the file, and the event's next version if it was kept.
import type { z } from "zod";
import type { PlanQuery, PlanReport } from "../../api/seating-plan.ts";
import type { EventRef } from "../../domain/ticket-id.ts";
import type { Db } from "../../platform/db/client.ts";
import { lockEvent, requireChangeable } from "../draft/lock-event.ts";
import { importPlan, type PackedPlan } from "./import-plan.ts";
import { readInThread } from "./read-in-thread.ts";

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
  const plan = await readInThread(file);
  if (dryRun === "true") return report(plan, version);
  await db.transaction((sql) => importPlan(sql, ref, { version, plan }));
  return report(plan, version + 1);
}

function report(plan: PackedPlan, version: number): z.output<typeof PlanReport> {
  const { zones, rows, seats, hash, categories } = plan;
  const counts = new Map<string, number>();
  for (const { category } of seats) counts.set(category, (counts.get(category) ?? 0) + 1);
  return {
    ...{ version, zones, rows, planHash: hash, seats: seats.length },
    categories: categories.map(({ name }) => ({ name, seats: counts.get(name) ?? 0 })),
  };
}
