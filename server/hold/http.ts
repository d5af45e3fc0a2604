// The routes of holds.
import type { Handlers } from "../api/handler.ts";
import { formatEventId, parseEventId } from "../domain/ticket-id.ts";
import { extendHold } from "./extend-hold.ts";
import type { Hold } from "./hold.ts";
import { holdPlaces } from "./hold-places.ts";
import type { HoldDeps } from "./lease.ts";
import { readHold, readHolds } from "./read-holds.ts";
import type { ReadSeatStates } from "./read-seat-states.ts";
import { releaseHold } from "./release-hold.ts";
import type { SeatFeed } from "./seat-feed.ts";

type HoldRoute =
  | "getSeatStates"
  | "getSeatMap"
  | "followSeats"
  | "listHolds"
  | "createHold"
  | "getHold"
  | "extendHold"
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
      const places = { seats: body.seats ?? [], areas: body.areas ?? [] };
      return { body: present(await holdPlaces(deps, { event, owner: caller.address, places })) };
    },

    listHolds: async ({ query, caller }) => {
      const event = query.eventId === undefined ? undefined : parseEventId(query.eventId);
      const holds = await readHolds(deps, { owner: caller.address, event });
      return { body: { holds: holds.map(present) } };
    },

    getHold: async ({ params, caller }) => {
      const event = parseEventId(params.eventId);
      const wish = { event, holdId: params.holdId, owner: caller.address };
      return { body: present(await readHold(deps, wish)) };
    },

    extendHold: async ({ params, caller }) => {
      const event = parseEventId(params.eventId);
      const wish = { event, holdId: params.holdId, owner: caller.address };
      return { body: present(await extendHold(deps, wish)) };
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
    seats: hold.places.seats,
    areas: hold.places.areas,
    total: hold.total.toString(),
    currency: hold.currency,
    expiresAt: hold.expiresAt.toISOString(),
    extended: hold.extended,
  };
}
