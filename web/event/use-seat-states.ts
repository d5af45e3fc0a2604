// The states of an event's seats on a screen, alive as long as it is looked at.
import { useCallback, useEffect, useMemo, useState } from "react";
import type { SeatKey } from "#server/domain/ticket-id.ts";
import type { ApiFailure } from "../api/failure.ts";
import { followSeats } from "../api/seat-feed.ts";
import type { Loaded } from "../api/use-loaded.ts";
import type { EventDetails } from "../api/wire.ts";
import { createSeatStates, type SeatStates } from "./seat-states.ts";

interface Known {
  states: Uint8Array | undefined;
  failure: ApiFailure | undefined;
  freshAtMs: number | undefined;
}

const NOTHING: Known = { states: undefined, failure: undefined, freshAtMs: undefined };

export function useSeatStates(event: EventDetails): Loaded<SeatStates> {
  const { id, seating } = event;
  const [known, setKnown] = useState(NOTHING);
  const [round, setRound] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is what begins again
  useEffect(() => {
    const stop = new AbortController();
    const follower = {
      onStates: (states: Uint8Array) =>
        setKnown({ states, failure: undefined, freshAtMs: performance.now() }),
      // Up to this moment every change had come; from now on the map grows old.
      onFailure: (failure: ApiFailure) =>
        setKnown((last) =>
          failure.retry === "same"
            ? {
                ...last,
                failure,
                freshAtMs:
                  last.failure === undefined && last.states !== undefined
                    ? performance.now()
                    : last.freshAtMs,
              }
            : { ...NOTHING, failure },
        ),
    };
    void followSeats({ id, seating }, follower, stop.signal);
    return () => stop.abort();
  }, [id, seating, round]);

  const places = useMemo(
    () => new Map<SeatKey, number>(event.seats.map(({ seat }, place) => [seat, place])),
    [event.seats],
  );
  const data = useMemo(
    () => (known.states === undefined ? undefined : createSeatStates(places, known.states)),
    [places, known.states],
  );
  const reload = useCallback(() => setRound((last) => last + 1), []);
  return { data, failure: known.failure, freshAtMs: known.freshAtMs, reload };
}
