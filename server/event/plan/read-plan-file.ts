// Reads a seating plan's file, and says of each place where it does not fit which zone, row and seat that is.
import type { z } from "zod";
import { SeatingPlan } from "../../api/seating-plan.ts";
import { Refusal } from "../../domain/failure.ts";
import { canonicalPlan, planHashOf } from "../../domain/seating-plan/canonical.ts";
import {
  createProblemList,
  findPlanProblems,
  type PlanProblem,
  type ProblemList,
} from "../../domain/seating-plan/find-problems.ts";
import { type PlacedSeat, placeSeats } from "../../domain/seating-plan/place-seats.ts";
import type { PlanCategory } from "../../domain/seating-plan/plan-file.ts";

export interface ReadPlan {
  categories: readonly PlanCategory[];
  zones: number;
  rows: number;
  seats: PlacedSeat[];
  canonical: string;
  hash: `0x${string}`;
}

export function readPlanFile(file: Record<string, unknown>): ReadPlan {
  const parsed = SeatingPlan.safeParse(file);
  if (!parsed.success) throw refused(malformedParts(file, parsed.error.issues));
  const plan = parsed.data;
  const found = findPlanProblems(plan);
  if (found.count > 0) throw refused(found);
  const { seats, ...placed } = placeSeats(plan);
  if (placed.count > 0) throw refused(placed);
  if (seats.length === 0) {
    const detail = "The plan has no seats; areas without seats need no plan.";
    throw refused({ problems: [{ code: "plan-empty", detail }], count: 1 });
  }
  // Of the file as it came: a schema's copy may lack what it does not know.
  const canonical = canonicalPlan(file);
  const zones = plan.zones.filter(({ rows }) => rows.some((row) => row.seats.length > 0));
  return {
    categories: plan.categories.map(({ name, color }) => ({ name, color })),
    zones: zones.length,
    rows: zones.reduce((sum, { rows }) => sum + rows.length, 0),
    ...{ seats, canonical, hash: planHashOf(canonical) },
  };
}

function refused({ problems, count }: ProblemList): Refusal {
  const more = count > 1 ? `, and ${count - 1} more` : "";
  const detail = `${problems[0]?.detail ?? "The plan has mistakes."}${more}`;
  return new Refusal("plan/invalid", detail, { problems, count });
}

function malformedParts(file: unknown, issues: readonly z.core.$ZodIssue[]): ProblemList {
  const list = createProblemList();
  for (const { path, message } of issues) {
    const pointer = path.map((part) => `/${String(part)}`).join("");
    list.add({ code: "malformed", ...placeOf(file, path), detail: `${pointer}: ${message}` });
  }
  return list.result();
}

/** The names on the way to the place, as far as the file has them. */
function placeOf(
  file: unknown,
  path: readonly PropertyKey[],
): Omit<PlanProblem, "code" | "detail"> {
  const names: [list: string, as: "zone" | "row" | "seat", by: string][] = [
    ["zones", "zone", "name"],
    ["rows", "row", "row_number"],
    ["seats", "seat", "seat_number"],
  ];
  const place: { zone?: string; row?: string; seat?: string } = {};
  let at: unknown = file;
  for (const [depth, part] of path.entries()) {
    const list = path[depth - 1];
    at = (at as Record<PropertyKey, unknown> | undefined)?.[part];
    const named = names.find(([name]) => name === list);
    if (named === undefined) continue;
    const name = (at as Record<string, unknown> | null | undefined)?.[named[2]];
    place[named[1]] = typeof name === "string" && name !== "" ? name : `number ${Number(part) + 1}`;
  }
  return place;
}
