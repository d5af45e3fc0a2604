// A listener to server-sent events, of a live seat map or an order: a plain HTTP client.
import { type ClientRequest, get, type IncomingMessage } from "node:http";
import {
  decodeSeatMap,
  SEAT_STATES,
  type SeatMap,
  type SeatMapState,
} from "#server/domain/seat-map.ts";
import { systemClock } from "#server/platform/clock.ts";

interface SentEvent<D> {
  id: string;
  event: string;
  data: D;
}

export interface EventListener<D> {
  events: SentEvent<D>[];
  /** Text that is no event: comments and the time to wait. */
  rest: string[];
  ended: Promise<void>;
  /** The first event that fits, which may have come already. */
  wait(fits: (event: SentEvent<D>) => boolean, limitMs?: number): Promise<SentEvent<D>>;
  /** When the next event that fits has arrived. */
  next(fits: (event: SentEvent<D>) => boolean): Promise<number>;
  /** Stops reading, as a phone in a tunnel. */
  pause(): void;
  resume(): void;
  close(): void;
}

type SeatChanges = Partial<Record<SeatMapState, number[]>>;
type SeatEvent = SentEvent<SeatChanges>;
export type SeatListener = EventListener<SeatChanges>;

const WAIT_LIMIT_MS = 5_000;
const POLL_MS = 10;

export async function fetchSeatMap(url: string, eventId: string): Promise<SeatMap> {
  const response = await fetch(new URL(`/v1/events/${eventId}/seats/map`, url));
  if (!response.ok) throw new Error(`the seat map answered ${response.status}`);
  return decodeSeatMap(new Uint8Array(await response.arrayBuffer()));
}

export function listenToSeats(
  url: string,
  eventId: string,
  from: { after?: string; lastEventId?: string } = {},
): Promise<SeatListener> {
  const address = new URL(`/v1/events/${eventId}/seats/changes`, url);
  if (from.after !== undefined) address.searchParams.set("after", from.after);
  return listenTo(
    address,
    from.lastEventId === undefined ? {} : { "last-event-id": from.lastEventId },
  );
}

/** Rejects with the status where the answer is no stream. */
export function listenTo<D>(
  address: URL,
  headers: Record<string, string>,
): Promise<EventListener<D>> {
  return new Promise((resolve, reject) => {
    const request = get(address, { headers, agent: false }, (response) => {
      if (response.statusCode === 200) resolve(read<D>(request, response));
      else reject(new Error(`listening answered ${response.statusCode}`));
    });
    request.once("error", reject);
  });
}

function read<D>(request: ClientRequest, response: IncomingMessage): EventListener<D> {
  const events: SentEvent<D>[] = [];
  const rest: string[] = [];
  let waiting: { fits: (event: SentEvent<D>) => boolean; resolve: (atMs: number) => void }[] = [];
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (text + chunk).split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      const fields = new Map(part.split("\n").map((line) => splitOnce(line, ": ")));
      const event = fields.get("event");
      if (event === undefined) {
        rest.push(part);
        continue;
      }
      const found = {
        id: fields.get("id") ?? "",
        event,
        data: JSON.parse(fields.get("data") ?? "{}") as D,
      };
      events.push(found);
      for (const { resolve } of waiting.filter(({ fits }) => fits(found))) {
        resolve(systemClock.monotonicMs());
      }
      waiting = waiting.filter(({ fits }) => !fits(found));
    }
  });
  response.on("error", () => undefined);
  return {
    events,
    rest,
    ended: new Promise((resolve) => response.once("close", () => resolve())),
    wait: async (fits, limitMs = WAIT_LIMIT_MS) => {
      const endMs = systemClock.monotonicMs() + limitMs;
      while (systemClock.monotonicMs() < endMs) {
        const found = events.find(fits);
        if (found !== undefined) return found;
        await systemClock.sleep(POLL_MS);
      }
      throw new Error(
        `no such event within ${limitMs} ms: ${JSON.stringify(events).slice(0, 500)}`,
      );
    },
    next: (fits) => new Promise((resolve) => void waiting.push({ fits, resolve })),
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    close: () => request.destroy(),
  };
}

function splitOnce(line: string, by: string): [string, string] {
  const at = line.indexOf(by);
  return at === -1 ? [line, ""] : [line.slice(0, at), line.slice(at + by.length)];
}

/** The map with an event's changes in it. */
export function applyEvent(states: Uint8Array, { data }: SeatEvent): void {
  for (const [state, places] of Object.entries(data)) {
    for (const place of places) states[place] = SEAT_STATES.indexOf(state as SeatMapState);
  }
}
