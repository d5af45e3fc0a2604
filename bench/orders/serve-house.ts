// The product's API with real services and a large house whose fans may buy as much as they like.
import { createSession } from "#server/auth/session.ts";
import { systemClock } from "#server/platform/clock.ts";
import { openHouse } from "#test/support/house.ts";
import { seatHouse } from "#test/support/seat-house.ts";

/** Fans of an on-sale: each buys once or twice, and few of them were seen a moment ago. */
const SESSIONS = 16_000;
const SESSIONS_AT_ONCE = 40;
const SIZE = { sections: 60, rows: 50, seats: 40 };
const LIMIT_SCALE = 1_000;

const house = await openHouse({ limitScale: LIMIT_SCALE });
const seats = await seatHouse(house, SIZE);
await house.db.query({ text: "UPDATE sale.event SET seats_per_hold = 1000000" });
await house.db.query({ text: "UPDATE sale.phase SET limit_per_person = NULL" });
const tokens: string[] = [];
const deps = { ...house, clock: systemClock };
while (tokens.length < SESSIONS) {
  const made = Array.from({ length: SESSIONS_AT_ONCE }, async (_, at) => {
    const address = `0x${(tokens.length + at + 1).toString(16).padStart(40, "0")}` as const;
    return createSession(deps, { address, userAgent: "bench", method: "wallet" });
  });
  for (const { token } of await Promise.all(made)) tokens.push(token);
}
const port = Number(new URL(house.url).port);
const { databaseUrl, eventId } = house;
process.send?.({ port, eventId, tokens, seats, databaseUrl });
process.once("disconnect", () => void house.close().then(() => process.exit(0)));
