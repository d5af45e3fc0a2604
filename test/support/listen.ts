// A listener to a live seat map: a plain HTTP client that reads events as they come.
import { type ClientRequest, get, type IncomingMessage } from "node:http";
import {
  decodeSeatMap,
  SEAT_STATES,
  type SeatMap,
  type SeatMapState,
} from "#server/domain/seat-map.ts";
import { systemClock } from "#server/platform/clock.ts";

export interface SeatEvent {
  id: string;
  event: string;
  data: Partial<Record<SeatMapState, number[]>>;
}

export interface SeatListener {
  events: SeatEvent[];
  /** Text that is no event: comments and the time to wait. */
  rest: string[];
  ended: Promise<void>;
  /** The first event that fits, which may have come already. */
  wait(fits: (event: SeatEvent) => boolean, limitMs?: number): Promise<SeatEvent>;
  /** When the next event that fits has arrived. */
  next(fits: (event: SeatEvent) => boolean): Promise<number>;
  /** Stops reading, as a phone in a tunnel. */
  pause(): void;
  resume(): void;
  close(): void;
}

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
  const headers = from.lastEventId === undefined ? {} : { "last-event-id": from.lastEventId };
  return new Promise((resolve, reject) => {
    const request = get(address, { headers, agent: false }, (response) => {
      if (response.statusCode === 200) resolve(read(request, response));
      else reject(new Error(`listening answered ${response.statusCode}`));
    });
    request.once("error", reject);
  });
}

function read(request: ClientRequest, response: IncomingMessage): SeatListener {
  const events: SeatEvent[] = [];
  const rest: string[] = [];
  let waiting: { fits: (event: SeatEvent) => boolean; resolve: (atMs: number) => void }[] = [];
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
      const found = { id: fields.get("id") ?? "", event, data: parse(fields.get("data")) };
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

function parse(data = "{}"): SeatEvent["data"] {
  return JSON.parse(data) as SeatEvent["data"];
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
