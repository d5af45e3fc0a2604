// Puts the demo event on the local chain and on sale, once.
import { keccak256, stringToHex, zeroAddress } from "viem";
import { grantRole } from "#server/auth/grant-role.ts";
import type { EventRef } from "#server/domain/ticket-id.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import type { Deployment } from "#server/platform/env.ts";
import { createLog } from "#server/platform/log.ts";
import { DEMO_CATEGORIES, type DemoSeat, demoSeats } from "./demo-event.ts";
import { createEventOnChain } from "./deploy.ts";
import { ANVIL_ROLES, anvilAccount } from "./services/anvil-keys.ts";

const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
const DEMO_EVENT = {
  name: "The Long Way Home",
  artist: "Ada Marlowe and the Night Buses",
  venue: "Alhambra Hall, Lisbon",
  timeZone: "Europe/Lisbon",
  currency: "EUR",
  daysAhead: 30,
  holdTtlMs: 10 * 60_000,
  seatsPerHold: 8,
} as const;
/**
 * Resale at no more than the first price and a tenth on top; a tenth of a resale is the artist's.
 */
const CAP_BPS = 11_000;
const ROYALTY_BPS = 1_000;
/** No market may take more than a twentieth. */
const FEE_CAP_BPS = 500;
const MARKET_ONLY = 2;

export async function seedDemo({
  databaseUrl,
  deployment,
  log,
}: {
  databaseUrl: string;
  deployment: Deployment;
  log: (text: string) => void;
}): Promise<{ eventId: string; eventUrlPath: string; created: boolean }> {
  if (deployment.chainId !== LOCAL_CHAIN_ID) {
    throw new Error("The demo event is for a local chain only.");
  }
  const db = await openDb({
    url: databaseUrl,
    role: "stagedoor_server",
    log: createLog({ name: "seed", level: "fatal" }),
    connectionsMax: 2,
  });
  try {
    const { eventId, doorsAt, created } = await chooseEvent(db, deployment.id);
    const seats = demoSeats();
    // On chain first, and again at every start: a chain that lost its state gets its event back.
    await publish(deployment, { eventId, doorsAt, seats });
    if (created) {
      await insertEvent(db, { deployment: deployment.id, eventId, doorsAt, seats });
      log(`${DEMO_EVENT.artist}: ${seats.length} seats on sale.`);
    }
    await nameStaff(db, { deployment: deployment.id, eventId });
    const id = `evt_${deployment.id}_${eventId}`;
    return { eventId: id, eventUrlPath: `/events/${id}`, created };
  } finally {
    await db.close();
  }
}

/** The demo event that is still to come, or a new one when the last is over. */
async function chooseEvent(
  db: Db,
  deployment: number,
): Promise<{ eventId: number; doorsAt: Date; created: boolean }> {
  const now = systemClock.now();
  const last = await db.prisma.event.findFirst({ where: { deployment }, orderBy: { id: "desc" } });
  if (last !== null && last.doorsAt > now) {
    return { eventId: last.id, doorsAt: last.doorsAt, created: false };
  }
  const day = new Date(now.getTime() + DEMO_EVENT.daysAhead * DAY_MS);
  const doorsAt = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate(), 19));
  return { eventId: (last?.id ?? 0) + 1, doorsAt, created: true };
}

async function publish(
  deployment: Deployment,
  event: { eventId: number; doorsAt: Date; seats: readonly DemoSeat[] },
): Promise<void> {
  const organiser = anvilAccount(ANVIL_ROLES.organiser);
  await createEventOnChain({
    rpcUrl: deployment.rpcUrl,
    tickets: deployment.tickets,
    organiserKey: organiser.privateKey,
    eventId: event.eventId,
    terms: {
      organiser: organiser.address,
      doorsAt: Math.floor(event.doorsAt.getTime() / 1000),
      freezeAt: 0,
      policy: MARKET_ONLY,
      maxGifts: 1,
      resaleCapBps: CAP_BPS,
      royaltyBps: ROYALTY_BPS,
      royaltyReceiver: organiser.address,
      planHash: keccak256(stringToHex(JSON.stringify(event.seats))),
      caps: [event.seats.length, 0, 0, 0, 0],
      currency: zeroAddress,
      boxOffice: zeroAddress,
      feeCapBps: FEE_CAP_BPS,
      lockMinutes: 0,
      cooldownMinutes: 0,
    },
  });
}

async function insertEvent(
  db: Db,
  event: { deployment: number; eventId: number; doorsAt: Date; seats: readonly DemoSeat[] },
): Promise<void> {
  const { deployment, eventId, doorsAt, seats } = event;
  const startsAt = new Date(doorsAt.getTime() + HOUR_MS);
  await db.prisma.$transaction(async (tx) => {
    await tx.event.create({
      data: {
        deployment,
        id: eventId,
        name: DEMO_EVENT.name,
        artist: DEMO_EVENT.artist,
        venue: DEMO_EVENT.venue,
        timeZone: DEMO_EVENT.timeZone,
        currency: DEMO_EVENT.currency,
        holdTtlMs: DEMO_EVENT.holdTtlMs,
        seatsPerHold: DEMO_EVENT.seatsPerHold,
        state: "published",
        doorsAt,
        startsAt,
        endsAt: new Date(startsAt.getTime() + 3 * HOUR_MS),
      },
    });
    await tx.category.createMany({
      data: DEMO_CATEGORIES.map((category) => ({
        ...category,
        price: category.price.toString(),
        deployment,
        eventId,
      })),
    });
    await tx.seat.createMany({
      data: seats.map(({ seat, category, ...rest }) => ({
        ...rest,
        deployment,
        eventId,
        seat: BigInt(seat),
        categoryId: category,
        zone: rest.section,
        guid: `${rest.section}-${rest.row}-${rest.number}`,
      })),
    });
    await tx.phase.create({
      data: {
        deployment,
        eventId,
        id: 1,
        name: "General sale",
        startsAt: systemClock.now(),
        endsAt: startsAt,
        classes: [0],
        limitPerOrder: DEMO_EVENT.seatsPerHold,
      },
    });
  });
}

/** At every start: a seed that was killed half way is completed by the next one. */
async function nameStaff(db: Db, scope: EventRef): Promise<void> {
  const staff = ["organiser", "gate"] as const;
  await db.transaction(async (sql) => {
    for (const role of staff) {
      const address = anvilAccount(ANVIL_ROLES[role]).address.toLowerCase();
      await grantRole(sql, { clock: systemClock }, { scope, address, role, actor: "seed" });
    }
  });
}
