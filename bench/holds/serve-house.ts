// The product's API with real services and a large house, for the bench to put load on.
import { createSession } from "#server/auth/session.ts";
import { systemClock } from "#server/platform/clock.ts";
import { openHouse } from "#test/support/house.ts";
import { seatHouse } from "#test/support/seat-house.ts";

const SESSIONS = 1_000;
const HOUSES = {
  /** As in the anchor: 20,000 seats, held for a moment so that nearly every hold is granted. */
  chosen: { size: { sections: 10, rows: 50, seats: 40 }, leaseMs: 1, soldSeats: 0 },
  /** The better half is sold but for every eighth seat, and so is every eighth of the rest. */
  best: { size: { sections: 40, rows: 50, seats: 40 }, leaseMs: 600_000, soldSeats: 40_000 },
};
const SCATTER = 8;
const LIMIT_SCALE = 1_000;

const { size, leaseMs, soldSeats } = HOUSES[process.argv[2] as keyof typeof HOUSES];
// Every request is counted as in earnest, and nobody is refused.
const house = await openHouse({ limitScale: LIMIT_SCALE });
const { deployment, eventId } = house.event;
const seats = await seatHouse(house, size);
await house.db.query({
  text: "UPDATE sale.event SET hold_ttl_ms = $1, seats_per_hold = 1000000",
  values: [leaseMs],
});
const sold = seats.filter((_, at) => at < soldSeats !== (at % SCATTER === 0));
if (soldSeats > 0) {
  await house.db.query({
    text: `INSERT INTO sale.claim (deployment, event_id, seat, order_id, expires_at)
           SELECT $1, $2, seat, 'ord_sold', 'infinity' FROM unnest($3::bigint[]) AS seat`,
    values: [deployment, eventId, sold],
  });
}
const tokens: string[] = [];
for (let at = 1; at <= SESSIONS; at += 1) {
  const address = `0x${at.toString(16).padStart(40, "0")}` as const;
  const deps = { ...house, clock: systemClock };
  tokens.push((await createSession(deps, { address, userAgent: "bench", method: "wallet" })).token);
}
const free = new Set(seats).difference(new Set(sold));
const port = Number(new URL(house.url).port);
process.send?.({ port, eventId: house.eventId, tokens, seats: [...free] });
process.once("disconnect", () => void house.close().then(() => process.exit(0)));
