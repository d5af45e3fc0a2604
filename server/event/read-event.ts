// Events and their plans as fans see them: only what is published.
import type { z } from "zod";
import { EVENT_LIST, type EventResponse, type EventSummary } from "../api/event.ts";
import { writeCursor } from "../api/page.ts";
import { Refusal } from "../domain/failure.ts";
import { nameSeating } from "../domain/seat-map.ts";
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
    include: { _count: { select: { seats: true } } },
    take: limit + 1,
  });
  const events = found.slice(0, limit).map((event) => summarise(event, event._count.seats));
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
