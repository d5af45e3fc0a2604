// Wire schemas of seating plans: pretix's file, what was found in it, and what is wrong with it.
import { z } from "zod";
import type { PlanFile } from "../domain/seating-plan/plan-file.ts";
import { Version } from "./fields.ts";

const Position = z.looseObject({ x: z.number(), y: z.number() });

const Shape = z.looseObject({
  position: Position.optional(),
  text: z.union([z.string(), z.looseObject({ text: z.string() })]).optional(),
});

const Seat = z.looseObject({
  seat_guid: z.string(),
  seat_number: z.string(),
  position: Position,
  category: z.string(),
});

const Row = z.looseObject({
  row_number: z.string(),
  position: Position.optional(),
  seats: z.array(Seat),
});

const Zone = z.looseObject({
  name: z.string().optional(),
  zone_id: z.string().optional(),
  position: Position,
  rows: z.array(Row),
  areas: z.array(Shape).optional(),
});

/** Loose, because everything that we do not read comes back in the export. */
export const SeatingPlan = z
  .looseObject({
    name: z.string(),
    categories: z.array(z.looseObject({ name: z.string(), color: z.string().optional() })),
    zones: z.array(Zone),
    size: z.looseObject({ width: z.number(), height: z.number() }).optional(),
  })
  .describe("A seating plan in pretix's format.") satisfies z.ZodType<PlanFile>;

/** Read by the stage itself, which names zone, row and seat of what does not fit. */
export const PlanRequest = z
  .record(z.string(), z.unknown())
  .describe("A seating plan in pretix's format (seating-plan.schema.json); gzip is taken.");

export const PlanQuery = z.strictObject({
  version: Version,
  dryRun: z.enum(["true", "false"]).default("false").describe("true: checks it and keeps nothing."),
});

export const PlanReport = z.strictObject({
  version: z.int(),
  planHash: z.string(),
  zones: z.int(),
  rows: z.int(),
  seats: z.int(),
  categories: z.array(z.strictObject({ name: z.string(), seats: z.int() })),
});
