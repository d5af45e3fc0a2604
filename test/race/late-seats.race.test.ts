// Late money that is given other seats: never one seat to two, whoever else wants it at that moment (I1).
import { expect } from "chai";
import { randomUuid } from "#server/platform/random.ts";
import { holdDeps, leaseAnyway } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { lateOrders } from "../support/late-orders.ts";
import { createOrder } from "../support/pay-work.ts";
import { seatHouse } from "../support/seat-house.ts";

const LATE = 12;
const FREE = 4;
const ROUNDS = 10;

describe("race for equal seats", () => {
  let house: House;
  let seats: number[];
  let orders: ReturnType<typeof lateOrders>;
  before(async () => {
    house = await openHouse();
    orders = lateOrders(house);
  });
  beforeEach(async () => {
    await orders.forget();
    seats = await seatHouse(house, { sections: 1, rows: 4, seats: 10 });
  });
  after(() => house.close());

  /** Orders whose seats others have, and a few free ones in a row of their own. */
  async function stage(late: number, free: number) {
    const freeSeats = seats.slice(seats.length - free);
    const waiting = await Promise.all(seats.slice(0, late).map((seat) => orders.late([seat])));
    for (const seat of seats.slice(0, late)) await orders.order([seat]);
    await orders.takeAllBut(freeSeats);
    return { waiting, freeSeats };
  }

  it(`gives ${FREE} free seats to ${FREE} of ${LATE} late orders, one each`, async () => {
    const { waiting, freeSeats } = await stage(LATE, FREE);
    const ends = await Promise.all(waiting.map(({ pay }) => pay()));
    expect(ends.filter((end) => end === "captured")).to.have.lengthOf(FREE);
    expect(ends.filter((end) => end === "lost")).to.have.lengthOf(LATE - FREE);
    const winners = waiting.filter((_, at) => ends[at] === "captured");
    const lines = await Promise.all(winners.map((order) => orders.linesOf(order)));
    const given = lines.flatMap((ofOrder) => ofOrder.map(({ seat }) => seat));
    expect(given.sort((a, b) => a - b)).to.deep.equal(freeSeats);
    const holders = await orders.holdersOf(freeSeats);
    expect(new Set(holders.map(({ id }) => id))).to.deep.equal(
      new Set(winners.map(({ id }) => id)),
    );
  }).timeout(30_000);

  it("gives a free seat to late money or to a new order, and never to both", async () => {
    const { waiting, freeSeats } = await stage(ROUNDS, ROUNDS);
    // Each round has one seat that is free, and two that want it at once.
    const { deployment, eventId } = house.event;
    const close = (open: number) =>
      house.db.query({
        text: `INSERT INTO sale.claim (deployment, event_id, seat, order_id, expires_at)
               SELECT $1, $2, seat, 'ord_others', now() + interval '1 hour'
               FROM unnest($3::bigint[]) AS seat
               ON CONFLICT (deployment, event_id, seat) DO UPDATE SET expires_at =
                 CASE WHEN claim.seat = $4 THEN now() ELSE now() + interval '1 hour' END
                 WHERE claim.order_id = 'ord_others'`,
        values: [deployment, eventId, freeSeats, open],
      });
    await close(0);
    for (const [at, order] of waiting.entries()) {
      const seat = freeSeats[at] as number;
      await close(seat);
      const owner = orders.nextFan();
      const holdId = await leaseAnyway(house, { owner, seats: [seat] });
      const wish = { owner, key: randomUuid(), event: house.event, holdId };
      const [late, fresh] = await Promise.all([
        order.pay(),
        createOrder(holdDeps(house), wish).then(
          () => "ordered",
          (error) => error.code,
        ),
      ]);
      expect([`captured hold/seat-taken`, `lost ordered`]).to.include(`${late} ${fresh}`);
    }
  }).timeout(60_000);

  it("would give it to both by looking first and taking then (so these tests can fail)", async () => {
    const { waiting, freeSeats } = await stage(FREE, 1);
    const { deployment, eventId } = house.event;
    const taken: number[] = [];
    const lookThenTake = async ({ id }: { id: string }) => {
      const { rows } = await house.db.query<{ seat: bigint }>({
        text: `SELECT s.seat FROM sale.seat s LEFT JOIN sale.claim c
                 ON c.deployment = s.deployment AND c.event_id = s.event_id AND c.seat = s.seat
               WHERE s.deployment = $1 AND s.event_id = $2
                 AND (c.seat IS NULL OR c.expires_at <= now()) LIMIT 1`,
        values: [deployment, eventId],
      });
      const [free] = rows;
      if (free === undefined) return;
      await house.db.query({
        text: `INSERT INTO sale.claim VALUES ($1, $2, $3, $4, 'infinity')
               ON CONFLICT (deployment, event_id, seat) DO UPDATE SET order_id = EXCLUDED.order_id`,
        values: [deployment, eventId, free.seat, id],
      });
      taken.push(Number(free.seat));
    };
    await Promise.all(waiting.map(lookThenTake));
    expect(taken.length).to.be.greaterThan(1);
    expect(new Set(taken)).to.deep.equal(new Set(freeSeats));
  }).timeout(30_000);
});
