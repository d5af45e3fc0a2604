// The routes of holds.
import type { Handlers } from "../api/handler.ts";
import type { BodyOf } from "../api/routes.ts";
import { formatEventId, parseEventId } from "../domain/ticket-id.ts";
import { extendHold } from "./extend-hold.ts";
import type { Hold } from "./hold.ts";
import { type BestWish, holdBest } from "./hold-best.ts";
import { holdIdOf } from "./hold-id.ts";
import { createHoldOnce } from "./hold-once.ts";
import { type ChoiceDeps, holdPlaces } from "./hold-places.ts";
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
  deps: ChoiceDeps & { readSeatStates: ReadSeatStates; seatFeed: SeatFeed },
): Handlers<HoldRoute> {
  const holdOnce = createHoldOnce(deps);
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

    createHold: async ({ params, body, caller, key }) => {
      const event = parseEventId(params.eventId);
      const { seats = [], areas = [], best } = body;
      const owner = caller.address;
      const wish = { event, owner, id: holdIdOf({ event, owner, key, body }) };
      if (best === undefined) {
        const isAccessible = body.accessible === true;
        const hold = await holdPlaces(deps, { ...wish, places: { seats, areas }, isAccessible });
        return { body: present(hold) };
      }
      const make = () => holdBest(deps, { ...wish, areas, best: wishOf(best) });
      return { body: present(await (key === undefined ? make() : holdOnce(wish, make))) };
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

function wishOf(best: NonNullable<BodyOf<"createHold">["best"]>): BestWish {
  const { places, together = true, wheelchairs = 0, category, priceMax, totalMax } = best;
  // Seats together are of one category, so that each may cost its share of the whole.
  const share = totalMax === undefined ? undefined : BigInt(totalMax) / BigInt(places);
  const prices = [priceMax === undefined ? undefined : BigInt(priceMax), share];
  const pricesMax = prices.filter((price) => price !== undefined);
  return { places, isTogether: together, wheelchairs, category, pricesMax };
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
