// Events and their plans as fans see them: only what is published.
import type { z } from "zod";
import type { EventResponse, EventSummary } from "../api/event.ts";
import { Refusal } from "../domain/failure.ts";
import { nameSeating } from "../domain/seat-map.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db/client.ts";

type Summary = z.output<typeof EventSummary>;
type Detail = z.output<typeof EventResponse>;

const EVENTS_MAX = 200;

/** Events that are not over, soonest first. */
export async function listEvents({ db, clock }: { db: Db; clock: Clock }): Promise<Summary[]> {
  const events = await db.prisma.event.findMany({
    where: { state: "published", endsAt: { gt: clock.now() } },
    orderBy: [{ startsAt: "asc" }, { deployment: "asc" }, { id: "asc" }],
    include: { _count: { select: { seats: true } } },
    take: EVENTS_MAX,
  });
  return events.map((event) => summarise(event, event._count.seats));
}

export async function readEvent({ db }: { db: Db }, ref: EventRef): Promise<Detail> {
  const event = await db.prisma.event.findUnique({
    where: { deployment_id: { deployment: ref.deployment, id: ref.eventId }, state: "published" },
    include: {
      categories: { orderBy: { id: "asc" } },
      seats: { orderBy: { seat: "asc" } },
    },
  });
  if (event === null) {
    throw new Refusal("request/not-found", `There is no event ${formatEventId(ref)}.`);
  }
  return {
    ...summarise(event, event.seats.length),
    categories: event.categories.map(({ id, name, color, price }) => ({
      id,
      name,
      color,
      price: price.toFixed(0),
    })),
    seats: event.seats.map(({ seat, section, row, number, categoryId, x, y }) => ({
      seat: Number(seat),
      section,
      row,
      number,
      category: categoryId,
      x,
      y,
    })),
    seating: nameSeating(event.seats.map(({ seat }) => Number(seat))),
  };
}

type EventRow = NonNullable<Awaited<ReturnType<Db["prisma"]["event"]["findFirst"]>>>;

function summarise(event: EventRow, capacity: number): Summary {
  return {
    id: formatEventId({ deployment: event.deployment, eventId: event.id }),
    name: event.name,
    artist: event.artist,
    venue: event.venue,
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
