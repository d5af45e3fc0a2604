// Events and their plans as fans see them: only what is published.
import type { z } from "zod";
import { EVENT_LIST, type EventResponse, type EventSummary } from "../api/event.ts";
import { writeCursor } from "../api/page.ts";
import { Refusal } from "../domain/failure.ts";
import { nameSeating } from "../domain/seat-map.ts";
import { PHASE_CLASSES } from "../domain/stock.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db/client.ts";

type Summary = z.output<typeof EventSummary>;
type Detail = z.output<typeof EventResponse>;

interface EventPage {
  events: Summary[];
  next: string | null;
}

/** Events that are not over, soonest first. */
export async function listEvents(
  { db, clock }: { db: Db; clock: Clock },
  { limit, after }: { limit: number; after: { startsAt: Date; event: EventRef } | undefined },
): Promise<EventPage> {
  const found = await db.prisma.event.findMany({
    where: {
      state: "published",
      endsAt: { gt: clock.now() },
      ...(after === undefined ? {} : { OR: isAfter(after) }),
    },
    orderBy: [{ startsAt: "asc" }, { deployment: "asc" }, { id: "asc" }],
    include: { _count: { select: { seats: true } }, areas: { select: { capacity: true } } },
    take: limit + 1,
  });
  const events = found
    .slice(0, limit)
    .map((event) => summarise(event, event._count.seats + placesOf(event.areas)));
  const last = found.length > limit ? events.at(-1) : undefined;
  const next = last === undefined ? null : writeCursor(EVENT_LIST, [last.startsAt, last.id]);
  return { events, next };
}

/** In the order of the list; Prisma cannot compare rows. */
function isAfter({ startsAt, event }: { startsAt: Date; event: EventRef }) {
  const { deployment, eventId } = event;
  return [
    { startsAt: { gt: startsAt } },
    { startsAt, deployment: { gt: deployment } },
    { startsAt, deployment, id: { gt: eventId } },
  ];
}

export async function readEvent({ db }: { db: Db }, ref: EventRef): Promise<Detail> {
  const event = await db.prisma.event.findUnique({
    where: {
      deployment_id: { deployment: ref.deployment, id: ref.eventId },
      // Whoever has a ticket of it still wants to know what it was.
      state: { in: ["published", "cancelled"] },
    },
    include: {
      categories: { orderBy: { id: "asc" } },
      seats: { orderBy: { seat: "asc" } },
      areas: { orderBy: { section: "desc" } },
      phases: { orderBy: [{ startsAt: "asc" }, { id: "asc" }] },
    },
  });
  if (event === null) {
    throw new Refusal("request/not-found", `There is no event ${formatEventId(ref)}.`);
  }
  return {
    ...summarise(event, event.seats.length + placesOf(event.areas)),
    state: event.state === "cancelled" ? "cancelled" : "published",
    categories: event.categories.map(({ id, name, color, price }) => ({
      id,
      name,
      color,
      price: price.toFixed(0),
    })),
    seats: event.seats.map(({ seat, categoryId, access, ...rest }) => ({
      seat: Number(seat),
      ...{ section: rest.section, row: rest.row, number: rest.number },
      ...{ category: categoryId, x: rest.x, y: rest.y },
      // Of eighty thousand seats nearly all are public: what is usual is left out.
      ...(rest.class !== 0 && { class: rest.class }),
      ...(access !== 0 && { access: access === 1 ? "wheelchair" : "companion" }),
    })),
    seating: nameSeating(event.seats.map(({ seat }) => Number(seat))),
    areas: event.areas
      .filter((area) => area.class < PHASE_CLASSES.length)
      .map(({ section, name, zone, categoryId, capacity }) => ({
        ...{ section, name, zone, capacity },
        category: categoryId,
      })),
    phases: event.phases.map((phase) => ({
      ...{ id: phase.id, name: phase.name },
      startsAt: phase.startsAt.toISOString(),
      endsAt: phase.endsAt.toISOString(),
      classes: phase.classes.map((at) => PHASE_CLASSES[at] ?? "public"),
      limitPerPerson: phase.limitPerPerson,
      limitPerOrder: phase.limitPerOrder,
      proofOfWork: phase.proofOfWork,
    })),
    limitPerPerson: event.limitPerPerson,
  };
}

function placesOf(areas: readonly { capacity: number }[]): number {
  return areas.reduce((sum, { capacity }) => sum + capacity, 0);
}

type EventRow = NonNullable<Awaited<ReturnType<Db["prisma"]["event"]["findFirst"]>>>;

function summarise(event: EventRow, capacity: number): Summary {
  return {
    id: formatEventId({ deployment: event.deployment, eventId: event.id }),
    name: event.name,
    artist: event.artist,
    venue: event.venue,
    city: event.city,
    address: event.address,
    timeZone: event.timeZone,
    doorsAt: event.doorsAt.toISOString(),
    startsAt: event.startsAt.toISOString(),
    endsAt: event.endsAt.toISOString(),
    currency: event.currency,
    seatsPerHold: event.seatsPerHold,
    holdSeconds: Math.floor(event.holdTtlMs / 1000),
    capacity,
  };
}
