// A drop during which Redis is wiped or killed again and again, while fans hold, order and pay.
import { expect } from "chai";
import { Fault, Refusal } from "#server/domain/failure.ts";
import { holdBest } from "#server/hold/hold-best.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { holdDeps } from "./buy.ts";
import type { House } from "./house.ts";
import { createOrder, takePayment } from "./pay-work.ts";
import type { RedisServer } from "./redis-server.ts";
import { fanOf } from "./rush.ts";
import { seatHouse } from "./seat-house.ts";

const BUYERS = 12;
const BETWEEN_LOSSES_MS = 1_000;
const BACK_WITHIN_MS = 10_000;
const PAUSE_MS = 20;
const PLAN = { sections: 10, rows: 20, seats: 40 };

/** Answers how many orders were paid; throws when a seat was sold twice or sales did not go on. */
export async function dropWithoutRedis(
  house: House,
  redis: RedisServer,
  losses: number,
): Promise<number> {
  await seatHouse(house, PLAN);
  const stop = new AbortController();
  let paid = 0;
  let fans = 0;
  const buyers = Array.from({ length: BUYERS }, async () => {
    while (!stop.signal.aborted) {
      const bought = await buyOnce(house, fanOf(fans++)).catch(requireExpected);
      if (bought === true) paid += 1;
      else await systemClock.sleep(PAUSE_MS);
    }
  });
  try {
    for (let loss = 0; loss < losses; loss += 1) {
      await systemClock.sleep(BETWEEN_LOSSES_MS);
      const lostAtMs = systemClock.monotonicMs();
      if (loss % 2 === 0) {
        await redis.ask("FLUSHALL");
      } else {
        await redis.kill();
        await redis.start();
      }
      await untilSomebodyBuys(() => paid, lostAtMs);
    }
  } finally {
    stop.abort();
    await Promise.all(buyers);
  }
  await requireEverySaleOnce(house, paid);
  return paid;
}

async function buyOnce(house: House, owner: `0x${string}`): Promise<true> {
  const deps = holdDeps(house);
  const { event } = house;
  const wishes = { isTogether: true, wheelchairs: 0, category: undefined, pricesMax: [] };
  const { id } = await holdBest(deps, { event, owner, best: { ...wishes, places: 2 }, areas: [] });
  const orderId = await createOrder(deps, { owner, key: randomUuid(), event, holdId: id });
  await takePayment(deps, { orderId, buyer: owner, source: "works", key: randomUuid() });
  return true;
}

/** While Redis is away a hold is refused for the moment; when it was wiped, a lease is gone. */
function requireExpected(error: unknown): false {
  if (error instanceof Fault) return false;
  if (!(error instanceof Refusal)) throw error;
  expect(error.code).to.be.oneOf(["hold/expired", "hold/seat-taken"]);
  return false;
}

async function untilSomebodyBuys(paidNow: () => number, sinceMs: number): Promise<void> {
  const before = paidNow();
  while (paidNow() === before) {
    expect(systemClock.monotonicMs() - sinceMs, "ms without a sale").to.be.below(BACK_WITHIN_MS);
    await systemClock.sleep(PAUSE_MS);
  }
}

async function requireEverySaleOnce(house: House, paid: number): Promise<void> {
  const { rows } = await house.db.query<{ seat: bigint; orders: bigint; claimed: boolean }>({
    text: `SELECT l.seat, count(*) AS orders, bool_and(c.order_id = l.order_id) AS claimed
           FROM sale.order o JOIN sale.order_line l ON l.order_id = o.id
           LEFT JOIN sale.claim c ON c.seat = l.seat
           WHERE o.state <> 'claimed' GROUP BY l.seat`,
  });
  expect(rows.filter(({ orders, claimed }) => orders !== 1n || !claimed)).to.deep.equal([]);
  expect(rows.length).to.equal(paid * 2);
}
