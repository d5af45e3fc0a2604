// Orders and payments: no money without a seat, no seat without money, nothing twice.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { expireOrders, sweepPayments } from "#server/pay/sweep-payments.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buy, hold, order, pay, stalls } from "../../support/buy.ts";
import { inFullHouse } from "../../support/full-house.ts";
import { type House, openHouse } from "../../support/house.ts";
import { expectProblem } from "../../support/refusals.ts";

describe("orders", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  async function count(text: string, ...values: unknown[]): Promise<number> {
    const { rows } = await house.db.query<{ count: bigint }>({ text, values });
    return Number(rows[0]?.count);
  }

  const lapse = (orderId: string) =>
    Promise.all([
      house.db.query({
        text: "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
        values: [orderId],
      }),
      house.db.query({
        text: "UPDATE sale.claim SET expires_at = now() - interval '1 s' WHERE order_id = $1",
        values: [orderId],
      }),
    ]);

  it("turns a hold into an order at the price that the hold showed", async () => {
    const fan = await house.fan();
    const made = await order(house, fan, stalls(1, 1, 2));
    expect(made.state).to.equal("claimed");
    expect(made.total).to.equal("9600");
    expect(made.lines.map(({ mint }) => mint)).to.deep.equal(["none", "none"]);
  });

  it("makes one order of one key, however often it is sent", async () => {
    const fan = await house.fan();
    const { id: holdId } = await hold(house, fan, stalls(1, 3));
    const send = { body: { eventId: house.eventId, holdId }, key: randomUuid() };
    const first = await fan.call("createOrder", send);
    const more = await Promise.all([1, 2, 3].map(() => fan.call("createOrder", send)));
    expect(more).to.deep.equal([first, first, first]);
  });

  it("refuses the key of another request", async () => {
    const fan = await house.fan();
    const one = await hold(house, fan, stalls(1, 4));
    const two = await hold(house, fan, stalls(1, 5));
    const key = randomUuid();
    await fan.call("createOrder", { body: { eventId: house.eventId, holdId: one.id }, key });
    const reuse = fan.call("createOrder", {
      body: { eventId: house.eventId, holdId: two.id },
      key,
    });
    await expectProblem(reuse, "request/key-reused");
  });

  it("makes no order of a hold that is gone or somebody else's", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const made = await hold(house, ann, stalls(1, 6));
    const body = { eventId: house.eventId, holdId: made.id };
    await expectProblem(ben.call("createOrder", { body, key: randomUuid() }), "hold/expired");
    await ann.call("createOrder", { body, key: randomUuid() });
    await expectProblem(ann.call("createOrder", { body, key: randomUuid() }), "hold/expired");
  });

  it("shows an order to its buyer only", async () => {
    const made = await order(house, await house.fan(), stalls(1, 7));
    const params = { orderId: made.id };
    await expectProblem((await house.fan()).call("getOrder", { params }), "request/not-found");
    await expectProblem(pay(await house.fan(), made.id), "request/not-found");
  });

  it("pays an order: captured, booked to zero, tickets owed, seats sold", async () => {
    const fan = await house.fan();
    const paid = await buy(house, fan, stalls(2, 1, 2));
    expect(paid.state).to.equal("paid");
    expect(paid.lines.map(({ mint }) => mint)).to.deep.equal(["queued", "queued"]);
    const { rows } = await house.db.query<{ account: string; amount: bigint }>({
      text: "SELECT account, amount FROM sale.ledger_entry WHERE order_id = $1 ORDER BY account",
      values: [paid.id],
    });
    expect(rows).to.deep.equal([
      { account: `event:${house.eventId}`, amount: -9_600n },
      { account: "provider:development", amount: 9_600n },
    ]);
    const sold = "SELECT count(*) FROM sale.claim WHERE order_id = $1 AND expires_at = 'infinity'";
    expect(await count(sold, paid.id)).to.equal(2);
  });

  it("charges once for two tabs, a double click and a retry", async () => {
    const fan = await house.fan();
    const made = await order(house, fan, stalls(2, 3));
    const key = randomUuid();
    const send = (withKey: string) =>
      fan.call("createPayment", {
        params: { orderId: made.id },
        body: { provider: "development", source: "works" },
        key: withKey,
      });
    const answers = await Promise.all([
      send(key),
      send(key),
      send(randomUuid()),
      send(randomUuid()),
    ]);
    expect(new Set(answers.map(({ id }) => id)).size).to.equal(1);
    expect(await send(key)).to.deep.equal(answers[0]);
    expect(await count("SELECT count(*) FROM sale.payment WHERE order_id = $1", made.id)).to.equal(
      1,
    );
    expect(
      await count("SELECT count(*) FROM sale.mint_line WHERE order_id = $1", made.id),
    ).to.equal(1);
    expect(
      await count("SELECT count(*) FROM sale.ledger_entry WHERE order_id = $1", made.id),
    ).to.equal(2);
  });

  it("charges nothing for a declined card, and lets the fan try another", async () => {
    const fan = await house.fan();
    const made = await order(house, fan, stalls(2, 4));
    await expectProblem(pay(fan, made.id, "declines"), "pay/declined");
    const params = { orderId: made.id };
    expect((await fan.call("getOrder", { params })).state).to.equal("claimed");
    expect(
      await count("SELECT count(*) FROM sale.ledger_entry WHERE order_id = $1", made.id),
    ).to.equal(0);
    await pay(fan, made.id);
    expect((await fan.call("getOrder", { params })).state).to.equal("paid");
  });

  it("takes no money for an order whose time is over", async () => {
    const fan = await house.fan();
    const made = await order(house, fan, stalls(2, 5));
    await lapse(made.id);
    await expectProblem(pay(fan, made.id), "order/expired");
    expect((await fan.call("getOrder", { params: { orderId: made.id } })).state).to.equal(
      "expired",
    );
    expect(await expireOrders(house)).to.equal(1);
    expect(await count("SELECT count(*) FROM sale.payment WHERE order_id = $1", made.id)).to.equal(
      0,
    );
  });

  it("gives the seats of an order that has ended to the next one", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const first = await order(house, ann, stalls(2, 6));
    await lapse(first.id);
    await house.redis.flushdb();
    const second = await buy(house, ben, stalls(2, 6));
    expect(second.state).to.equal("paid");
    await expectProblem(pay(ann, first.id), "order/expired");
  });

  describe("left half way by a crash", () => {
    async function abandoned(fan: Client, seat: number, state: "started" | "authorised") {
      const made = await order(house, fan, stalls(3, seat));
      const id = `pay_${randomUuid().replaceAll("-", "").slice(0, 26)}`;
      await house.db.query({
        text: `INSERT INTO sale.payment (id, order_id, provider, provider_ref, state, amount, currency, updated_at)
               VALUES ($1, $2, 'development', $3, $4, $5, 'EUR', now() - interval '1 minute')`,
        values: [id, made.id, state === "started" ? null : `dev_${id}`, state, made.total],
      });
      return made;
    }
    const sweep = () => sweepPayments({ ...house });

    it("captures what was authorised while the seats are the order's", async () => {
      const fan = await house.fan();
      const made = await abandoned(fan, 1, "authorised");
      expect(await sweep()).to.deep.equal({ resumed: 1, voided: 0 });
      const after = await fan.call("getOrder", { params: { orderId: made.id } });
      expect(after.state).to.equal("paid");
      expect(await sweep()).to.deep.equal({ resumed: 0, voided: 0 });
    });

    it("gives back what was begun when a seat is somebody else's by now and nothing equal is free", async () => {
      const fan = await house.fan();
      const made = await abandoned(fan, 2, "started");
      await lapse(made.id);
      await house.redis.flushdb();
      await buy(house, await house.fan(), stalls(3, 2));
      await inFullHouse(house, () => expectProblem(pay(fan, made.id), "order/expired"));
      expect(
        await count("SELECT count(*) FROM sale.ledger_entry WHERE order_id = $1", made.id),
      ).to.equal(0);
      await expireOrders(house);
      expect((await fan.call("getOrder", { params: { orderId: made.id } })).state).to.equal(
        "expired",
      );
    });

    it("ends what never got an answer, so that the fan can pay again", async () => {
      const fan = await house.fan();
      const made = await abandoned(fan, 3, "started");
      expect(await sweep()).to.deep.equal({ resumed: 0, voided: 1 });
      await pay(fan, made.id);
      expect((await fan.call("getOrder", { params: { orderId: made.id } })).state).to.equal("paid");
    });

    it("goes on with the payment that was begun when the fan comes back first", async () => {
      const fan = await house.fan();
      const made = await abandoned(fan, 4, "authorised");
      await pay(fan, made.id);
      expect(
        await count("SELECT count(*) FROM sale.payment WHERE order_id = $1", made.id),
      ).to.equal(1);
      expect(
        await count("SELECT count(*) FROM sale.ledger_entry WHERE order_id = $1", made.id),
      ).to.equal(2);
    });
  });
});
