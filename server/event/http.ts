// The routes of events.
import type { Handlers } from "../api/handler.ts";
import { parseEventId } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db/client.ts";
import { listEvents, readEvent } from "./read-event.ts";

export function eventHandlers(deps: { db: Db; clock: Clock }): Handlers<"listEvents" | "getEvent"> {
  return {
    listEvents: async () => ({ body: { events: await listEvents(deps) } }),
    getEvent: async ({ params }) => ({
      body: await readEvent(deps, parseEventId(params.eventId)),
    }),
  };
}
