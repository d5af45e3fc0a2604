// The product's API with real services and a large house whose fans may buy as much as they like.
import { createSession } from "#server/auth/session.ts";
import { systemClock } from "#server/platform/clock.ts";
import { openHouse } from "#test/support/house.ts";
import { seatHouse } from "#test/support/seat-house.ts";

const SESSIONS = 1_000;
const SIZE = { sections: 40, rows: 50, seats: 40 };
const LIMIT_SCALE = 1_000;

const house = await openHouse({ limitScale: LIMIT_SCALE });
const seats = await seatHouse(house, SIZE);
await house.db.query({ text: "UPDATE sale.event SET seats_per_hold = 1000000" });
await house.db.query({ text: "UPDATE sale.phase SET limit_per_person = NULL" });
const tokens: string[] = [];
for (let at = 1; at <= SESSIONS; at += 1) {
  const address = `0x${at.toString(16).padStart(40, "0")}` as const;
  const deps = { ...house, clock: systemClock };
  tokens.push((await createSession(deps, { address, userAgent: "bench", method: "wallet" })).token);
}
const port = Number(new URL(house.url).port);
const { databaseUrl, eventId } = house;
process.send?.({ port, eventId, tokens, seats, databaseUrl });
process.once("disconnect", () => void house.close().then(() => process.exit(0)));
