// An event as its organiser sees it: everything that was decided, whether it is published or not.
import type { z } from "zod";
import type { DraftResponse } from "../../api/organiser.ts";
import type { EventState } from "../../domain/event.ts";
import { eventPlanHash } from "../../domain/seating-plan/event-plan-hash.ts";
import { ACCESS, CLASSES, capsOf, PHASE_CLASSES } from "../../domain/stock.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";
import { noSuchEvent } from "./lock-event.ts";
import { TERMS_SELECTED, type TermsRow, termsOf } from "./terms.ts";

export type Draft = z.output<typeof DraftResponse>;

interface EventRow extends TermsRow {
  state: EventState;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  publishedAt: Date | null;
  planHash: string | null;
  fileHash: `0x${string}` | null;
  importedAt: Date | null;
}

export async function readDraft(sql: Sql, ref: EventRef): Promise<Draft> {
  const event = await readEvent(sql, ref);
  const seats = await countSeats(sql, ref);
  const areas = await readAreas(sql, ref);
  const sum = (rows: readonly { units: number }[]) =>
    rows.reduce((total, { units }) => total + units, 0);
  const caps = capsOf([
    ...seats,
    ...areas.map((area) => ({ class: area.at, units: area.capacity })),
  ]);
  const categories = await readCategories(sql, ref);
  const withAccess = (name: (typeof ACCESS)[number]) =>
    sum(seats.filter(({ access }) => access === ACCESS.indexOf(name)));
  return {
    id: formatEventId(ref),
    ...termsOf(event),
    state: event.state,
    version: event.version,
    createdAt: event.createdAt.toISOString(),
    updatedAt: event.updatedAt.toISOString(),
    publishedAt: event.publishedAt?.toISOString() ?? null,
    categories: categories.map(({ price, ...category }) => ({
      ...category,
      price: price.toString(),
      seats: sum(seats.filter((seat) => seat.category === category.id)),
      places: areas
        .filter((area) => area.category === category.name)
        .reduce((total, { capacity }) => total + capacity, 0),
    })),
    areas: areas.map(({ at, ...area }) => ({ ...area, class: CLASSES[at] ?? "public" })),
    phases: await readPhases(sql, ref),
    payees: await readPayees(sql, ref),
    plan:
      event.fileHash === null || event.importedAt === null
        ? null
        : { hash: event.fileHash, seats: sum(seats), importedAt: event.importedAt.toISOString() },
    planHash: event.planHash ?? eventPlanHash(event.fileHash, areas),
    stock: Object.fromEntries(CLASSES.map((name, at) => [name, caps[at]])) as Draft["stock"],
    accessible: { wheelchair: withAccess("wheelchair"), companion: withAccess("companion") },
  };
}

async function readEvent(sql: Sql, ref: EventRef): Promise<EventRow> {
  const { rows } = await sql.query<EventRow>({
    text: `SELECT ${TERMS_SELECTED}, event.state, event.version, event.created_at AS "createdAt",
                  event.updated_at AS "updatedAt", event.published_at AS "publishedAt",
                  event.plan_hash AS "planHash", plan.hash AS "fileHash",
                  plan.imported_at AS "importedAt"
           FROM sale.event
           LEFT JOIN sale.plan ON plan.deployment = event.deployment AND plan.event_id = event.id
           WHERE event.deployment = $1 AND event.id = $2`,
    values: [ref.deployment, ref.eventId],
  });
  const [row] = rows;
  if (row === undefined) throw noSuchEvent(ref);
  return row;
}

async function countSeats(sql: Sql, ref: EventRef) {
  const { rows } = await sql.query<{
    class: number;
    access: number;
    category: number;
    units: number;
  }>({
    text: `SELECT class, access, category_id AS category, count(*)::int AS units FROM sale.seat
           WHERE deployment = $1 AND event_id = $2 GROUP BY class, access, category_id`,
    values: [ref.deployment, ref.eventId],
  });
  return rows;
}

async function readCategories(sql: Sql, ref: EventRef) {
  const { rows } = await sql.query<{ id: number; name: string; color: string; price: bigint }>({
    text: `SELECT id, name, color, price FROM sale.category
           WHERE deployment = $1 AND event_id = $2 ORDER BY id`,
    values: [ref.deployment, ref.eventId],
  });
  return rows;
}

async function readAreas(sql: Sql, ref: EventRef) {
  const { rows } = await sql.query<{
    section: number;
    name: string;
    zone: string;
    category: string;
    capacity: number;
    at: number;
  }>({
    text: `SELECT area.section, area.name, area.zone, category.name AS category, area.capacity,
                  area.class AS at
           FROM sale.area JOIN sale.category ON category.deployment = area.deployment
             AND category.event_id = area.event_id AND category.id = area.category_id
           WHERE area.deployment = $1 AND area.event_id = $2 ORDER BY area.section DESC`,
    values: [ref.deployment, ref.eventId],
  });
  return rows;
}

async function readPhases(sql: Sql, ref: EventRef): Promise<Draft["phases"]> {
  const { rows } = await sql.query<{
    id: number;
    name: string;
    startsAt: Date;
    endsAt: Date;
    classes: number[];
    limitPerPerson: number | null;
    limitPerOrder: number;
    proofOfWork: number;
  }>({
    text: `SELECT id, name, starts_at AS "startsAt", ends_at AS "endsAt", classes,
                  limit_per_person AS "limitPerPerson", limit_per_order AS "limitPerOrder",
                  proof_of_work AS "proofOfWork"
           FROM sale.phase WHERE deployment = $1 AND event_id = $2 ORDER BY starts_at, id`,
    values: [ref.deployment, ref.eventId],
  });
  return rows.map(({ startsAt, endsAt, classes, ...phase }) => ({
    ...phase,
    startsAt: startsAt.toISOString(),
    endsAt: endsAt.toISOString(),
    classes: classes.map((at) => PHASE_CLASSES[at] ?? "public"),
  }));
}

export async function readPayees(sql: Sql, ref: EventRef): Promise<Draft["payees"]> {
  const { rows } = await sql.query<{
    address: string;
    shareBps: number;
    acceptedAt: Date | null;
  }>({
    text: `SELECT address, share_bps AS "shareBps", accepted_at AS "acceptedAt" FROM sale.payee
           WHERE deployment = $1 AND event_id = $2 ORDER BY position`,
    values: [ref.deployment, ref.eventId],
  });
  return rows.map((row) => ({ ...row, acceptedAt: row.acceptedAt?.toISOString() ?? null }));
}
