// The events that some tickets are for, each asked for once.
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { EventDetails, Ticket } from "../api/wire.ts";

export function useEventsOf(tickets: readonly Ticket[]): ReadonlyMap<string, EventDetails> {
  const ids = [...new Set(tickets.map(({ eventId }) => eventId))].sort();
  const events = useLoaded(ids.length === 0 ? null : `events:${ids}`, async (signal) => {
    const found = await Promise.all(
      ids.map((eventId) => call("getEvent", { params: { eventId }, signal })),
    );
    return new Map(found.map((event) => [event.id, event]));
  });
  return events.data ?? new Map();
}
