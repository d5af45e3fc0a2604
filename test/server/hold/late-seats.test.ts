// Money that comes when the seats are another's: equal seats, said so in the order, or nothing is taken.
import { expect } from "chai";
import { packAreaPlace, packTicketId } from "#server/domain/ticket-id.ts";
import { holdBest } from "#server/hold/hold-best.ts";
import type { Payment } from "#server/pay/begin-payment.ts";
import { postCapture } from "#server/pay/post-capture.ts";
import { readOrder } from "#server/pay/read-order.ts";
import { findDifferences } from "#server/pay/reconcile/find-differences.ts";
import { readTimeline } from "#server/pay/timeline/read-timeline.ts";
import { holdDeps } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { type LateOrder, lateOrders } from "../../support/late-orders.ts";
import { addArea, seatHouse } from "../../support/seat-house.ts";

const SIZE = { sections: 2, rows: 3, seats: 10 };

describe("seats of late money", function () {
  this.timeout(20_000);
  let house: House;
  let seats: number[];
  let orders: ReturnType<typeof lateOrders>;
  before(async () => {
    house = await openHouse();
    orders = lateOrders(house);
  });
  beforeEach(async () => {
    await orders.forget();
    seats = await seatHouse(house, SIZE);
  });
  after(() => house.close());

  const at = (row: number, seat: number) => seats[(row - 1) * SIZE.seats + seat - 1] as number;

  /** As the worker does after the capture. */
  async function post({ id }: LateOrder): Promise<void> {
    const { rows } = await house.db.query<Payment>({
      text: "SELECT * FROM sale.payment WHERE order_id = $1 AND state = 'authorised'",
      values: [id],
    });
    await house.db.transaction((sql) => postCapture(sql, rows[0] as Payment));
  }

  async function unexplained({ id }: LateOrder) {
    const { differences } = await findDifferences(house.db);
    return differences.filter(({ explained, subject }) => !explained && subject === id);
  }

  it("are equal ones, which order, ticket, claim and books agree on", async () => {
    const late = await orders.late([at(1, 5)]);
    const rival = await orders.order([at(1, 5)]);
    expect(await late.pay()).to.equal("captured");
    await post(late);
    const order = await readOrder(house.db, { orderId: late.id, buyer: late.owner });
    const [line] = order.lines;
    expect(line?.movedFrom).to.include({ seat: at(1, 5), label: "1, row 1, seat 5" });
    expect(Date.parse(line?.movedFrom?.at ?? "")).to.be.greaterThan(Date.parse(order.createdAt));
    expect(line?.seat).not.to.equal(at(1, 5));
    expect(line?.label).to.match(/^1, row \d, seat \d+$/);
    expect(order.state).to.equal("paid");
    expect(line?.mint).to.equal("queued");
    const { eventId } = house.event;
    const [stored] = await orders.linesOf(late);
    expect(stored?.ticket_id).to.equal(packTicketId({ eventId, issue: 0, seat: line?.seat ?? 0 }));
    const told = await readTimeline(house.db, { orderId: late.id, caller: late.owner });
    const kinds = told.steps.map(({ kind }) => kind);
    expect(kinds.slice(kinds.indexOf("claimed"))).to.deep.equal(["claimed", "moved", "paid"]);
    // Whoever has the seat that it was keeps it, untouched.
    const { rows } = await house.db.query<{ order_id: string; lasting: boolean }>({
      text: `SELECT order_id, expires_at = 'infinity' AS lasting FROM sale.claim WHERE seat = $1`,
      values: [at(1, 5)],
    });
    expect(rows).to.deep.equal([{ order_id: rival, lasting: false }]);
    expect(await unexplained(late)).to.deep.equal([]);
  });

  it("stay neighbours when one of them is lost, and the one that is left is free again", async () => {
    const late = await orders.late([at(1, 4), at(1, 5)]);
    await orders.order([at(1, 5)]);
    await orders.order([at(1, 3)]);
    expect(await late.pay()).to.equal("captured");
    await post(late);
    const lines = await orders.linesOf(late);
    const [left, right] = lines.map(({ seat }) => seat);
    expect(right).to.equal((left ?? 0) + 1);
    expect([left, right]).not.to.include(at(1, 4));
    await orders.order([at(1, 4)]);
    expect(await unexplained(late)).to.deep.equal([]);
  });

  it("are the same one when its other order's time is over too, under the ticket's next issue", async () => {
    const late = await orders.late([at(2, 2)]);
    const rival = await orders.order([at(2, 2)]);
    await orders.lapse(rival);
    await house.db.query({
      text: "UPDATE sale.claim SET issue = 1 WHERE seat = $1",
      values: [at(2, 2)],
    });
    expect(await late.pay()).to.equal("captured");
    const [line] = await orders.linesOf(late);
    const { eventId } = house.event;
    expect(line).to.include({ seat: at(2, 2), moved_from: null });
    expect(line?.ticket_id).to.equal(packTicketId({ eventId, issue: 1, seat: at(2, 2) }));
  });

  it("are those that no fan holds, as long as there are others", async () => {
    const late = await orders.late([at(1, 1)]);
    await orders.order([at(1, 1)]);
    await orders.takeAllBut([at(1, 2), at(1, 3), at(3, 9), at(3, 10)]);
    const deps = { ...holdDeps(house), log: house.log };
    const best = {
      places: 2,
      isTogether: true,
      wheelchairs: 0,
      category: undefined,
      pricesMax: [],
    };
    const owner = orders.nextFan();
    const held = await holdBest(deps, { event: house.event, owner, best, areas: [] });
    expect(held.places.seats).to.deep.equal([at(1, 2), at(1, 3)]);
    expect(await late.pay()).to.equal("captured");
    const [line] = await orders.linesOf(late);
    expect([at(3, 9), at(3, 10)]).to.include(line?.seat);
  });

  it("are found without Redis", async () => {
    const late = await orders.late([at(1, 1)]);
    await orders.order([at(1, 1)]);
    house.redis.disconnect();
    try {
      expect(await late.pay()).to.equal("captured");
    } finally {
      await house.redis.connect();
    }
  });

  it("are any free numbers of the same area", async () => {
    const area = await addArea(house, 3);
    const number = (serial: number) => packAreaPlace({ section: area, serial });
    const late = await orders.lateOf(...(await standing(area, 2)));
    // Somebody else has number 1 for good; 2 still names the order, and 3 nobody had yet.
    await house.db.query({
      text: "UPDATE sale.claim SET order_id = 'ord_others', expires_at = 'infinity' WHERE seat = $1",
      values: [number(1)],
    });
    expect(await late.pay()).to.equal("captured");
    const lines = await orders.linesOf(late);
    expect(lines.map(({ seat, label }) => [seat, label])).to.deep.equal([
      [number(2), "Standing, place 2"],
      [number(3), "Standing, place 3"],
    ]);
    const again = await orders.lateOf(...(await standingFull(area)));
    expect(await again.pay()).to.equal("lost");
  });

  /** An order of places that it will lose, made as the box office would have made it. */
  async function standing(area: number, places: number): Promise<[string, `0x${string}`]> {
    const owner = orders.nextFan();
    const orderId = await orders.order([], owner, [{ area, places }]);
    return [orderId, owner];
  }

  /** One that had a number which is somebody else's now, and the area is full. */
  async function standingFull(area: number): Promise<[string, `0x${string}`]> {
    await house.db.query({
      text: "UPDATE sale.area SET capacity = 4 WHERE section = $1",
      values: [area],
    });
    await house.db.query({ text: "UPDATE sale.event SET version = version + 1" });
    const made = await standing(area, 1);
    await house.db.query({
      text: "UPDATE sale.claim SET order_id = 'ord_others', expires_at = 'infinity' WHERE order_id = $1",
      values: [made[0]],
    });
    return made;
  }

  for (const [what, text] of Object.entries({
    "the event was cancelled": "UPDATE sale.event SET state = 'cancelled'",
    "the event has begun": "UPDATE sale.event SET starts_at = now() - interval '1 min'",
    "the others are of another price": `UPDATE sale.seat SET category_id = 1
      WHERE seat <> (SELECT seat FROM sale.claim ORDER BY seat LIMIT 1)`,
    "the others are kept back": `UPDATE sale.seat SET class = 3
      WHERE seat <> (SELECT seat FROM sale.claim ORDER BY seat LIMIT 1)`,
    "the others are on their way to the public": `INSERT INTO sale.class_release
      (deployment, event_id, class, seats)
      SELECT deployment, event_id, 1, array_agg(seat) FROM sale.seat GROUP BY 1, 2`,
  })) {
    it(`are none when ${what}`, async () => {
      const late = await orders.late([at(1, 5)]);
      await orders.order([at(1, 5)]);
      await house.db.query({ text });
      expect(await late.pay()).to.equal("lost");
      const [line] = await orders.linesOf(late);
      expect(line).to.include({ seat: at(1, 5), moved_from: null });
    });
  }

  it("are none of another section, however many it has", async () => {
    const late = await orders.late([at(1, 5)]);
    await orders.order([at(1, 5)]);
    await orders.takeAllBut(seats.slice(SIZE.rows * SIZE.seats));
    expect(await late.pay()).to.equal("lost");
  });
});
