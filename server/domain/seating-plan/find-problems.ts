// What is wrong with a plan, each with its zone, row and seat, so that a person finds the place.
import { nameOfZone, type PlanFile, type PlanRow, type PlanZone } from "./plan-file.ts";
import { ZONES_MAX } from "./sections.ts";

export interface PlanProblem {
  code: PlanProblemCode;
  zone?: string;
  row?: string;
  seat?: string;
  detail: string;
}

export type PlanProblemCode =
  | "malformed"
  | "plan-empty"
  | "plan-too-large"
  | "zones-too-many"
  | "rows-too-many"
  | "seats-too-many"
  | "name-missing"
  | "name-unreadable"
  | "category-twice"
  | "category-unknown"
  | "guid-twice"
  | "seat-twice";

export interface ProblemList {
  problems: PlanProblem[];
  /** All of them, also those that are not listed. */
  count: number;
}

/** A row and a seat have 12 bits each in a ticket's id, and each counts from 1. */
export const NUMBER_MAX = 4_095;
/** Twice the largest stadium; the contract counts up to 16 million. */
const SEATS_MAX = 200_000;
export const CATEGORIES_MAX = 200;
const NAME_LENGTH_MAX = 100;
/** More would not be read; the count says how many there are. */
export const PROBLEMS_LISTED_MAX = 50;
/** Control characters, and halves of characters that no database takes. */
const UNREADABLE = /[\p{Cc}\p{Cs}]/u;

export function findPlanProblems(plan: PlanFile): ProblemList {
  const list = createProblemList();
  const categories = checkCategories(plan, list.add);
  const seen: Seen = { guids: new Map(), labels: new Set() };
  if (plan.zones.length > ZONES_MAX) {
    list.add({ code: "zones-too-many", detail: `A plan has up to ${ZONES_MAX} zones.` });
  }
  let seats = 0;
  for (const [at, zone] of plan.zones.entries()) {
    const named = nameOfZone(zone) || `number ${at + 1}`;
    if (zone.rows.length > 0) checkName({ zone: named }, "zone", nameOfZone(zone), list.add);
    if (zone.rows.length > NUMBER_MAX) {
      const detail = `A zone has up to ${NUMBER_MAX} rows, not ${zone.rows.length}.`;
      list.add({ code: "rows-too-many", zone: named, detail });
    }
    for (const [rowAt, row] of zone.rows.entries()) {
      seats += row.seats.length;
      const place = { zone: named, row: row.row_number || `number ${rowAt + 1}` };
      checkRow({ zone, row, place, categories, seen }, list.add);
    }
  }
  if (seats > SEATS_MAX) {
    list.add({
      code: "plan-too-large",
      detail: `A plan has up to ${SEATS_MAX} seats, not ${seats}.`,
    });
  }
  return list.result();
}

interface Seen {
  /** Where each guid was met first. */
  guids: Map<string, Place>;
  labels: Set<string>;
}

type Add = (problem: PlanProblem) => void;
type Place = Pick<PlanProblem, "zone" | "row" | "seat">;

export function createProblemList(): { add: Add; result: () => ProblemList } {
  const problems: PlanProblem[] = [];
  let count = 0;
  return {
    add: (problem) => {
      count += 1;
      if (problems.length < PROBLEMS_LISTED_MAX) problems.push(problem);
    },
    result: () => ({ problems, count }),
  };
}

function checkCategories(plan: PlanFile, add: Add): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name } of plan.categories) {
    checkName({}, "category", name, add);
    if (names.has(name)) {
      add({ code: "category-twice", detail: `The category "${name}" is there twice.` });
    }
    names.add(name);
  }
  if (names.size > CATEGORIES_MAX) {
    add({ code: "plan-too-large", detail: `A plan has up to ${CATEGORIES_MAX} categories.` });
  }
  return names;
}

function checkRow(
  given: {
    zone: PlanZone;
    row: PlanRow;
    place: Place;
    categories: ReadonlySet<string>;
    seen: Seen;
  },
  add: Add,
): void {
  const { zone, row, place, categories, seen } = given;
  const zoneName = nameOfZone(zone);
  if (row.seats.length > 0) checkName(place, "row", row.row_number, add);
  for (const [at, seat] of row.seats.entries()) {
    const here = { ...place, seat: seat.seat_number || `number ${at + 1}` };
    checkName(here, "seat", seat.seat_number, add);
    checkName(here, "seat's guid", seat.seat_guid, add);
    if (!categories.has(seat.category)) {
      const detail = `The plan has no category "${seat.category}".`;
      add({ code: "category-unknown", ...here, detail });
    }
    const first = seen.guids.get(seat.seat_guid);
    if (first === undefined) seen.guids.set(seat.seat_guid, here);
    else {
      const detail = `The guid "${seat.seat_guid}" names another seat already: ${wordsOf(first)}.`;
      add({ code: "guid-twice", ...here, detail });
    }
    // Two rows may share a name, as the halves on both sides of an aisle do: seats may not.
    const label = `${zoneName}\0${row.row_number}\0${seat.seat_number}`;
    if (seen.labels.has(label)) {
      add({ code: "seat-twice", ...here, detail: `There are two of ${wordsOf(here)}.` });
    }
    seen.labels.add(label);
  }
}

function wordsOf({ zone, row, seat }: Place): string {
  return `zone ${zone}, row ${row}, seat ${seat}`;
}

function checkName(place: Place, what: string, name: string, add: Add): void {
  if (name.trim() === "") {
    add({ code: "name-missing", ...place, detail: `A ${what} has no name.` });
  } else if (UNREADABLE.test(name)) {
    add({
      code: "name-unreadable",
      ...place,
      detail: `The name of a ${what} has control characters.`,
    });
  } else if (name.length > NAME_LENGTH_MAX) {
    const detail = `The name of a ${what} is longer than ${NAME_LENGTH_MAX} characters.`;
    add({ code: "name-unreadable", ...place, detail });
  }
}
