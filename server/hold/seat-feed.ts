// The live seat map: follows the seats of events that somebody looks at, four times a second.
import type { EventStream, Packed } from "../api/handler.ts";
import { Fault } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import type { RedisClient } from "../platform/redis.ts";
import { createFollower, type FollowerDeps } from "./follow-halls.ts";
import { CLAIMS_EPOCH } from "./hall-round.ts";
import { parseCursor, type SeatCursor } from "./seat-cursor.ts";
import type { SeatHall } from "./seat-hall.ts";
import { readSeatChanges } from "./seat-log.ts";

export interface SeatFeed {
  snapshot(event: EventRef): Promise<Packed>;
  /** `after`: the cursor of a map or of an event that the listener has seen. */
  listen(event: EventRef, after: string | undefined): Promise<EventStream>;
}

/** In one process; each holds a socket and some 20 kB. */
const LISTENERS_MAX = 20_000;
const RETRY_AFTER_SECONDS = 5;

export function createSeatFeed(deps: FollowerDeps): SeatFeed {
  const { follow, look } = createFollower(deps);
  let listening = 0;

  function count(change: 1 | -1): void {
    listening += change;
    deps.metrics.seatListeners.set(listening);
  }

  return {
    snapshot: async (event) => ((await follow(event)) ?? (await look(event))).snapshot(),
    listen: async (event, after) => {
      if (listening >= LISTENERS_MAX || deps.stopping.aborted) throw tooMany("listen");
      const from = parseCursor(after);
      const hall = await follow(event);
      if (hall === undefined) throw tooMany("events are followed");
      const missed = await readMissed(deps.redis, { event, hall, from });
      return {
        listen: (listener) => {
          count(1);
          const leave = hall.listen(missed && from, listener, missed ?? []);
          let left = false;
          return () => {
            if (left) return;
            left = true;
            count(-1);
            leave();
          };
        },
      };
    },
  };
}

function tooMany(what: string): Fault {
  const data = { retryAfter: RETRY_AFTER_SECONDS };
  return new Fault("server/unavailable", `Too many ${what} here; ask for the map.`, { data });
}

/** What a listener of another process may have missed here; undefined when nobody can know. */
async function readMissed(
  redis: RedisClient,
  { event, hall, from }: { event: EventRef; hall: SeatHall; from: SeatCursor | undefined },
): Promise<number[] | undefined> {
  if (from === undefined || from.epoch !== hall.epoch || from.epoch === CLAIMS_EPOCH) {
    return undefined;
  }
  if (hall.remembers(from)) return [];
  const { changes } = await readSeatChanges(redis, event, `${from.epoch}-${from.number}`);
  return changes && hall.board.placesOf(changes.flatMap(({ seats }) => seats));
}
