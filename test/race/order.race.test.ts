// Two orders for one seat with Redis out of the picture: Postgres decides, and once (I1).
import { expect } from "chai";
import { randomUuid } from "#server/platform/random.ts";
import { holdDeps, leaseAnyway, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { createOrder } from "../support/pay-work.ts";

const FANS = 40;

describe("race for claims", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  const fan = (at: number) => `0x${(at + 1).toString(16).padStart(40, "0")}` as const;

  /** What a failed-over Redis may have done: the same seats leased to everybody. */
  async function leaseToAll(seatsOf: (at: number) => number[]) {
    return Promise.all(
      Array.from({ length: FANS }, async (_, at) => {
        const holdId = await leaseAnyway(house, { owner: fan(at), seats: seatsOf(at) });
        return { owner: fan(at), key: randomUuid(), event: house.event, holdId };
      }),
    );
  }

  async function orderAll(seatsOf: (at: number) => number[]) {
    const wishes = await leaseToAll(seatsOf);
    const deps = holdDeps(house);
    return Promise.allSettled(wishes.map((wish) => createOrder(deps, wish)));
  }

  it("sells a seat that Redis gave to forty fans to one of them", async () => {
    const outcomes = await orderAll(() => stalls(1, 1));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.lengthOf(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason.code).to.equal("hold/seat-taken");
    }
  });

  it("never waits in a circle when orders want the same seats in opposite order", async () => {
    const outcomes = await orderAll((at) =>
      at % 2 === 0 ? stalls(2, 1, 2, 3) : stalls(2, 3, 2, 1),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.lengthOf(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason.code).to.equal("hold/seat-taken");
    }
  });

  it("would wait in a circle if each took its own order (so this test can fail)", async () => {
    const { deployment, eventId } = house.event;
    const ready: (() => void)[] = [];
    const bothHaveOne = new Promise<void>((resolve) => {
      ready.push(() => undefined, resolve);
    });
    const claimInOrder = (orderId: string, [first, second]: number[]) =>
      house.db.transaction(async (sql) => {
        const claim = (seat: number | undefined) =>
          sql.query({
            text: `INSERT INTO sale.claim VALUES ($1, $2, $3, $4, 'infinity') ON CONFLICT DO NOTHING`,
            values: [deployment, eventId, seat, orderId],
          });
        await claim(first);
        ready.shift()?.();
        await bothHaveOne;
        await claim(second);
      });
    const seats = stalls(8, 1, 2);
    const outcomes = await Promise.allSettled([
      claimInOrder("ord_one", seats),
      claimInOrder("ord_two", seats.toReversed()),
    ]);
    const lost = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason.cause?.code] : [],
    );
    // deadlock_detected: what the fans of sorted claims never see.
    expect(lost).to.deep.equal(["40P01"]);
  });

  it("would sell it to many by looking first and claiming then (so this test can fail)", async () => {
    const { deployment, eventId } = house.event;
    const seat = stalls(3, 1)[0];
    const claimed: number[] = [];
    const lookThenClaim = async (at: number) => {
      const { rows } = await house.db.query<{ count: bigint }>({
        text: "SELECT count(*) FROM sale.claim WHERE deployment = $1 AND event_id = $2 AND seat = $3",
        values: [deployment, eventId, seat],
      });
      if (rows[0]?.count !== 0n) return;
      await house.db.query({
        text: `INSERT INTO sale.claim VALUES ($1, $2, $3, $4, 'infinity')
               ON CONFLICT (deployment, event_id, seat) DO UPDATE SET order_id = EXCLUDED.order_id`,
        values: [deployment, eventId, seat, String(at)],
      });
      claimed.push(at);
    };
    await Promise.all(Array.from({ length: FANS }, (_, at) => lookThenClaim(at)));
    expect(claimed.length).to.be.greaterThan(1);
  });

  describe("for one wallet's limit", () => {
    /** What a failed-over Redis may have: more holds of one wallet than it may have. */
    const holdsOf = (owner: `0x${string}`, row: number) =>
      Promise.all(
        Array.from({ length: 6 }, (_, at) =>
          leaseAnyway(house, { owner, seats: stalls(row, 2 * at + 1, 2 * at + 2) }),
        ),
      );

    it("lets no more through than one person may have, paid orders included", async () => {
      await house.db.query({
        text: "UPDATE sale.event SET limit_per_person = 4, seats_per_hold = 100, version = version + 1",
      });
      const deps = holdDeps(house);
      const owner = fan(900);
      const holds = await holdsOf(owner, 5);
      const order = (holdId: string) =>
        createOrder(deps, { owner, key: randomUuid(), event: house.event, holdId });
      const outcomes = await Promise.allSettled(holds.map(order));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.lengthOf(2);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") {
          expect(outcome.reason.code).to.equal("hold/limit-reached");
        }
      }
      await house.db.query({
        text: `UPDATE sale.order SET state = 'paid' WHERE buyer = $1`,
        values: [owner],
      });
      await house.db.query({
        text: `UPDATE sale.claim SET expires_at = 'infinity' FROM sale.order o
               WHERE o.id = claim.order_id AND o.buyer = $1`,
        values: [owner],
      });
      const again = await leaseAnyway(house, { owner, seats: stalls(6, 1) });
      const refused = await order(again).catch((error) => error);
      expect(refused).to.include({ code: "hold/limit-reached" });
      expect(refused.data).to.deep.equal({ limit: 4, held: 4 });
    });

    it("would let them through by counting without a lock (so this test can fail)", async () => {
      const owner = fan(901);
      const { deployment, eventId } = house.event;
      let passed = 0;
      await Promise.all(
        Array.from({ length: 6 }, (_, at) =>
          house.db.transaction(async (sql) => {
            const { rows } = await sql.query<{ count: bigint }>({
              text: "SELECT count(*) FROM sale.order WHERE buyer = $1",
              values: [owner],
            });
            if (Number(rows[0]?.count) >= 2) return;
            await sql.query({
              text: `INSERT INTO sale.order
                       (id, deployment, event_id, buyer, state, currency, total, expires_at)
                     VALUES ($1, $2, $3, $4, 'claimed', 'EUR', 1, now())`,
              values: [`ord_control_${at}`, deployment, eventId, owner],
            });
            passed += 1;
          }),
        ),
      );
      expect(passed).to.be.greaterThan(2);
    });
  });

  it("waits for a seat that is being claimed no longer than the lock timeout", async () => {
    const deps = holdDeps(house);
    const owner = fan(902);
    const [seat] = stalls(7, 1) as [number];
    const holdId = await leaseAnyway(house, { owner, seats: [seat] });
    const { deployment, eventId } = house.event;
    await house.db.transaction(async (sql) => {
      await sql.query({
        text: `INSERT INTO sale.claim VALUES ($1, $2, $3, 'ord_slow', now() + interval '1 min')`,
        values: [deployment, eventId, seat],
      });
      const startedMs = performance.now();
      const order = { owner, key: randomUuid(), event: house.event, holdId };
      const outcome = await createOrder(deps, order).catch((error) => error);
      expect(outcome).to.include({ code: "server/unavailable" });
      expect(performance.now() - startedMs).to.be.within(2_500, 6_000);
    });
  });
});
