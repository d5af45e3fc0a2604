// An on-sale in which far more fans than seats come at once, each over one of many connections to Redis.
import { expect } from "chai";
import { Refusal } from "#server/domain/failure.ts";
import { holdPlaces } from "#server/hold/hold-places.ts";
import { loadClaims } from "#server/hold/load-claims.ts";
import { readLeases } from "#server/hold/read-leases.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { openRedis, type RedisClient, waitForRedis } from "#server/platform/redis.ts";
import { holdDeps } from "./buy.ts";
import type { House } from "./house.ts";
import { createOrder } from "./pay-work.ts";
import { seatHouse } from "./seat-house.ts";
import { chanceOf } from "./seeded.ts";
import { requireVariable } from "./variables.ts";

export interface Rush {
  fans: number;
  seats: number;
  connections: number;
  seed: number;
}

const LEASE_MS = 2_000;
const SEATS_PER_ROW = 25;
/** A fan who lost takes what is named as the nearest, and gives up some time. */
const TRIES_MAX = 4;
/** One in so many holds and never pays. */
const LEAVES = 10;

export const fanOf = (at: number) => `0x${(at + 1).toString(16).padStart(40, "0")}` as const;

/** Ends with every seat claimed once, or throws; the seats of those who left come back by time. */
export async function rush(house: House, { fans, seats, connections, seed }: Rush): Promise<void> {
  const rows = Math.ceil(seats / SEATS_PER_ROW);
  const plan = await seatHouse(house, { sections: 1, rows, seats: SEATS_PER_ROW });
  await house.db.query({ text: "UPDATE sale.event SET hold_ttl_ms = $1", values: [LEASE_MS] });
  const chance = chanceOf(seed);
  const deps = holdDeps(house);
  const clients = await openClients(house, connections);
  try {
    const wishes = Array.from({ length: fans }, () => plan[chance(seats)] ?? 0);
    let next = 0;
    let held = 0;
    await Promise.all(
      clients.map(async (redis) => {
        for (let at = next++; at < fans; at = next++) {
          const holdId = await holdSomewhere({ ...deps, redis }, fanOf(at), wishes[at] ?? 0);
          if (holdId === undefined) continue;
          held += 1;
          if (held % LEAVES !== 0) await order({ ...deps, redis }, fanOf(at), holdId);
        }
      }),
    );
    await systemClock.sleep(LEASE_MS);
    await requireNoLease(house);
    await sellTheRest(house, plan, fans);
  } finally {
    for (const client of clients) client.disconnect();
  }
  await requireEachClaimedOnce(house, plan);
}

async function openClients(house: House, count: number): Promise<RedisClient[]> {
  const url = requireVariable("TEST_REDIS_URL");
  const clients = Array.from({ length: count }, () =>
    openRedis({ url, use: "request", log: house.log }),
  );
  await Promise.all(clients.map((client) => waitForRedis(client)));
  return clients;
}

type Deps = ReturnType<typeof holdDeps>;

async function holdSomewhere(
  deps: Deps,
  owner: `0x${string}`,
  first: number,
): Promise<string | undefined> {
  let seats = [first];
  for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
    try {
      const wish = { event: deps.event, owner, places: { seats, areas: [] } };
      return (await holdPlaces(deps, wish)).id;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "hold/seat-taken") throw error;
      const [nearest] = error.data.alternatives as number[][];
      if (nearest === undefined) return undefined;
      seats = nearest;
    }
  }
  return undefined;
}

/** A lease may end while its order waits in the queue for a connection: then the fan lost it. */
async function order(deps: Deps, owner: `0x${string}`, holdId: string): Promise<void> {
  try {
    await createOrder(deps, { owner, key: randomUuid(), event: deps.event, holdId });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    expect(error.code).to.be.oneOf(["hold/expired", "hold/seat-taken"]);
  }
}

/** What is not an order's is nobody's: nothing was swept, and nothing is left. */
async function requireNoLease(house: House): Promise<void> {
  const nowMs = systemClock.now().getTime();
  const live = (await readLeases(house, house.event)).filter(({ expiresMs }) => expiresMs > nowMs);
  expect(live.filter(({ orderId }) => orderId.startsWith("hld_"))).to.deep.equal([]);
}

async function sellTheRest(house: House, plan: number[], fans: number): Promise<void> {
  const deps = holdDeps(house);
  await house.db.query({ text: "UPDATE sale.claim SET expires_at = 'infinity'" });
  await loadClaims(house, house.event);
  const { rows } = await house.db.query<{ seat: bigint }>({ text: "SELECT seat FROM sale.claim" });
  const sold = new Set(rows.map(({ seat }) => Number(seat)));
  for (const [at, seat] of plan.filter((each) => !sold.has(each)).entries()) {
    const wish = {
      event: house.event,
      owner: fanOf(fans + at),
      places: { seats: [seat], areas: [] },
    };
    await order(deps, wish.owner, (await holdPlaces(deps, wish)).id);
  }
}

async function requireEachClaimedOnce(house: House, plan: number[]): Promise<void> {
  const { rows } = await house.db.query<{ seat: bigint; orders: bigint }>({
    text: `SELECT l.seat, count(*) AS orders FROM sale.order_line l
           JOIN sale.claim c ON c.order_id = l.order_id AND c.seat = l.seat
           GROUP BY l.seat ORDER BY l.seat`,
  });
  expect(rows.filter(({ orders }) => orders !== 1n)).to.deep.equal([]);
  expect(rows.map(({ seat }) => Number(seat))).to.deep.equal([...plan].sort((a, b) => a - b));
}
