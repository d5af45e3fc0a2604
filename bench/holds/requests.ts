// The requests of this bench as bytes: who sends them, and which seats they ask for.
import type { Target } from "../kit/processes.ts";

/** As the anchor does: four neighbours out of all, another fan each time. */
const SEATS_PER_HOLD = 4;
const REQUESTS = 5_000;
/** Prime to every count here, so that one after the other looks like anybody anywhere. */
const STRIDE = 7_919;

export function chosenSeats(target: Target, seats: readonly number[]): string[] {
  const groups = Math.floor(seats.length / SEATS_PER_HOLD);
  return Array.from({ length: REQUESTS }, (_, at) => {
    const from = ((at * STRIDE) % groups) * SEATS_PER_HOLD;
    return request(target, at, { seats: seats.slice(from, from + SEATS_PER_HOLD) });
  });
}

export function bestSeats(target: Target): string[] {
  return Array.from({ length: REQUESTS }, (_, at) =>
    request(target, at, { best: { places: 1 + (at % SEATS_PER_HOLD) } }),
  );
}

function request({ port, eventId, tokens }: Target, at: number, body: unknown): string {
  const text = JSON.stringify(body);
  const token = tokens[(at * STRIDE) % tokens.length] ?? "";
  return [
    `POST /v1/events/${eventId}/holds HTTP/1.1`,
    `Host: localhost:${port}`,
    "Content-Type: application/json",
    `Cookie: sd_session=${token}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    "",
    text,
  ].join("\r\n");
}
