// The routes of holds.
import type { Handlers } from "../api/handler.ts";
import { formatEventId, parseEventId } from "../domain/ticket-id.ts";
import { type Hold, type HoldDeps, holdSeats } from "./hold-seats.ts";
import { readHold } from "./read-hold.ts";
import type { ReadSeatStates } from "./read-seat-states.ts";
import { releaseHold } from "./release-hold.ts";
import type { SeatFeed } from "./seat-feed.ts";

type HoldRoute =
  | "getSeatStates"
  | "getSeatMap"
  | "followSeats"
  | "createHold"
  | "getHold"
  | "releaseHold";

export function holdHandlers(
  deps: HoldDeps & { readSeatStates: ReadSeatStates; seatFeed: SeatFeed },
): Handlers<HoldRoute> {
  return {
    getSeatStates: async ({ params }) => ({
      body: await deps.readSeatStates(parseEventId(params.eventId)),
    }),

    getSeatMap: async ({ params }) => ({
      packed: await deps.seatFeed.snapshot(parseEventId(params.eventId)),
    }),

    followSeats: async ({ params, query, lastEventId }) => ({
      events: await deps.seatFeed.listen(parseEventId(params.eventId), lastEventId ?? query.after),
    }),

    createHold: async ({ params, body, caller }) => {
      const event = parseEventId(params.eventId);
      return { body: present(await holdSeats(deps, { event, owner: caller.address, ...body })) };
    },

    getHold: async ({ params, caller }) => {
      const event = parseEventId(params.eventId);
      const wish = { event, holdId: params.holdId, owner: caller.address };
      return { body: present(await readHold(deps, wish)) };
    },

    releaseHold: async ({ params, caller }) => {
      const event = parseEventId(params.eventId);
      await releaseHold(deps, { event, holdId: params.holdId, owner: caller.address });
      return { body: undefined };
    },
  };
}

function present(hold: Hold) {
  return {
    id: hold.id,
    eventId: formatEventId(hold.event),
    seats: hold.seats,
    total: hold.total.toString(),
    currency: hold.currency,
    expiresAt: hold.expiresAt.toISOString(),
  };
}
