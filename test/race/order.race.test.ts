// Two orders for one seat with Redis out of the picture: Postgres decides, and once (I1).
import { expect } from "chai";
import { createSaleReader } from "#server/hold/sale.ts";
import { createOrder } from "#server/pay/create-order.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { leaseAnyway, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

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
    const readSale = createSaleReader({ ...house, clock: systemClock });
    const wishes = await leaseToAll(seatsOf);
    const deps = { ...house, clock: systemClock, readSale };
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
});
