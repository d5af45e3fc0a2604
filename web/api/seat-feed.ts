// Follows an event's seats: the whole map first, then each change as it comes, or the map again and again.
import { ApiFailure, failureOf } from "#server/api/client.ts";
import {
  decodeSeatMap,
  SEAT_STATES,
  type SeatMap,
  type SeatMapState,
} from "#server/domain/seat-map.ts";
import { toFailure } from "./failure.ts";
import { learnServerTime } from "./server-clock.ts";
import { untilVisible, wait } from "./wait.ts";

const MAP_TIMEOUT_MS = 10_000;
/** Where events do not come through; a fan still sees a seat go before he asks for it. */
const POLL_MS = 2_000;
/** Then events are tried again: a train leaves its tunnel. */
const POLLS_MAX = 15;
const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 10_000;

export interface SeatFollower {
  /** States by the seats' places in the plan; a new array each time. */
  onStates: (states: Uint8Array) => void;
  onFailure: (failure: ApiFailure) => void;
}

type Why = "reset" | "poll" | "hidden" | "ended";

/** Until the signal ends it. Nothing is asked for while nobody looks. */
export async function followSeats(
  event: { id: string; seating: string },
  follower: SeatFollower,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  let polls = 0;
  while (!signal.aborted) {
    await untilVisible(signal);
    try {
      const map = await fetchMap(event, signal);
      failures = 0;
      follower.onStates(map.states);
      const mayListen = polls === 0 && typeof EventSource !== "undefined";
      const why = mayListen ? await listen(event.id, map, follower, signal) : "poll";
      if (why === "poll" || why === "ended") polls = polls >= POLLS_MAX ? 0 : polls + 1;
      if (polls > 0) await wait(POLL_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      const failure = toFailure(error);
      follower.onFailure(failure);
      if (failure.retry !== "same") return;
      failures += 1;
      const backoffMs = Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_LAST_MS);
      await wait(Math.max(backoffMs, failure.retryAfterMs ?? 0), signal);
    }
  }
}

async function fetchMap(
  { id, seating }: { id: string; seating: string },
  signal: AbortSignal,
): Promise<SeatMap> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(MAP_TIMEOUT_MS)]);
  const response = await reach(() => fetch(`${addressOf(id)}/map`, { signal: deadline }));
  learnServerTime(response.headers.get("date"));
  if (!response.ok) throw await failureOf(response);
  const bytes = await reach(() => response.arrayBuffer());
  const map = decodeSeatMap(new Uint8Array(bytes));
  if (map.seating === seating) return map;
  const detail = "The seating plan has changed. Load the page again.";
  throw new ApiFailure({ code: "client/unexpected", retry: "new", detail });
}

/** Resolves with the reason why the connection is over. */
function listen(
  eventId: string,
  { cursor, states }: SeatMap,
  follower: SeatFollower,
  signal: AbortSignal,
): Promise<Why> {
  const source = new EventSource(
    `${addressOf(eventId)}/changes?after=${encodeURIComponent(cursor)}`,
  );
  let current = states;
  let isAway = false;
  return new Promise((resolve) => {
    const end = (why: Why) => {
      source.close();
      signal.removeEventListener("abort", onAbort);
      document.removeEventListener("visibilitychange", onVisibility);
      window.removeEventListener("offline", onOffline);
      resolve(why);
    };
    const onAbort = () => end("ended");
    // A browser has six connections to a host for all of its tabs.
    const onVisibility = () => document.hidden && end("hidden");
    // A connection may look alive for minutes after the network went away.
    const onOffline = () => {
      follower.onFailure(unreachable(undefined));
      end("reset");
    };
    signal.addEventListener("abort", onAbort);
    window.addEventListener("offline", onOffline);
    document.addEventListener("visibilitychange", onVisibility);
    source.addEventListener("reset", () => end("reset"));
    source.addEventListener("poll", () => end("poll"));
    source.addEventListener("seats", ({ data }: MessageEvent<string>) => {
      current = withChanges(current, JSON.parse(data) as Partial<Record<SeatMapState, number[]>>);
      isAway = false;
      follower.onStates(current);
    });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) return end("ended");
      // It connects again by itself and goes on from the last event.
      if (!isAway) follower.onFailure(unreachable(undefined));
      isAway = true;
    });
  });
}

function withChanges(
  states: Uint8Array,
  changes: Partial<Record<SeatMapState, number[]>>,
): Uint8Array {
  const changed = states.slice();
  for (const [number, state] of SEAT_STATES.entries()) {
    for (const place of changes[state] ?? []) changed[place] = number;
  }
  return changed;
}

function addressOf(eventId: string): string {
  return `/v1/events/${encodeURIComponent(eventId)}/seats`;
}

async function reach<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    throw unreachable(cause);
  }
}

function unreachable(cause: unknown): ApiFailure {
  const detail = "No answer from the server.";
  return new ApiFailure({ code: "client/unreachable", retry: "same", detail, cause });
}
