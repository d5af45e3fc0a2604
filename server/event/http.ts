// The routes of events.
import type { Handlers } from "../api/handler.ts";
import { formatEventId, parseEventId } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db/client.ts";
import { keepFor } from "../platform/kept.ts";
import { packEvent } from "./pack-event.ts";
import { listEvents } from "./read-event.ts";

/** A hall of 20,000 seats takes a tenth of a second to read, and on-sale thousands ask at once. */
const EVENT_KEPT_MS = 5_000;
/** Of the largest halls, 2 MB each. */
const EVENTS_KEPT_MAX = 32;

export function eventHandlers(deps: { db: Db; clock: Clock }): Handlers<"listEvents" | "getEvent"> {
  const keep = { clock: deps.clock, keptMs: EVENT_KEPT_MS, entriesMax: EVENTS_KEPT_MAX };
  const packed = keepFor(keep, (eventId) => packEvent(deps, parseEventId(eventId)));
  return {
    listEvents: async ({ query: { limit, cursor } }) => {
      const [startsAt = "", eventId = ""] = cursor ?? [];
      const after =
        cursor === undefined
          ? undefined
          : { startsAt: new Date(startsAt), event: parseEventId(eventId) };
      return { body: await listEvents(deps, { limit, after }) };
    },
    getEvent: async ({ params }) => {
      // Leading zeros name the same event; it is kept once.
      const eventId = formatEventId(parseEventId(params.eventId));
      return { packed: await packed(eventId) };
    },
  };
}
