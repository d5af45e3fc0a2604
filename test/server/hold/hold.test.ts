// Holds: all seats or none, for some minutes, for one owner.
import { expect } from "chai";
import { seatsKey } from "#server/hold/keys.ts";
import { releaseHold } from "#server/hold/release-hold.ts";
import { systemClock } from "#server/platform/clock.ts";
import { buy, hold, order, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { expectProblem } from "../../support/refusals.ts";

describe("holds", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  const states = async () =>
    (await house.fan()).call("getSeatStates", { params: { eventId: house.eventId } });

  it("leases seats and says until when and what they cost", async () => {
    const fan = await house.fan();
    const made = await hold(house, fan, stalls(1, 1, 2));
    expect(made.seats).to.deep.equal(stalls(1, 1, 2));
    expect(made.total).to.equal("9600");
    const left = Date.parse(made.expiresAt) - systemClock.now().getTime();
    expect(left).to.be.within(9.5 * 60_000, 10 * 60_000 + 1_000);
    const params = { eventId: house.eventId, holdId: made.id };
    expect(await fan.call("getHold", { params })).to.deep.equal(made);
  });

  it("leases nothing when one of the seats is taken, and names it", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    await hold(house, ann, stalls(2, 2));
    const problem = await expectProblem(hold(house, ben, stalls(2, 1, 2, 3)), "hold/seat-taken");
    expect(problem.seats).to.deep.equal(stalls(2, 2));
    await hold(house, ben, stalls(2, 1, 3));
  });

  it("keeps one owner to the event's limit over all of its holds", async () => {
    const fan = await house.fan();
    await hold(house, fan, stalls(3, 1, 2, 3, 4, 5));
    const problem = await expectProblem(
      hold(house, fan, stalls(3, 6, 7, 8, 9)),
      "hold/limit-reached",
    );
    expect(problem.limit).to.equal(8);
    expect(problem.held).to.equal(5);
    await hold(house, fan, stalls(3, 6, 7, 8));
  });

  it("gives seats back to everybody when their owner releases them", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const made = await hold(house, ann, stalls(4, 1, 2));
    const params = { eventId: house.eventId, holdId: made.id };
    await expectProblem(ben.call("releaseHold", { params }), "hold/expired");
    await ann.call("releaseHold", { params });
    await expectProblem(ann.call("releaseHold", { params }), "hold/expired");
    await expectProblem(ann.call("getHold", { params }), "hold/expired");
    await hold(house, ben, stalls(4, 1, 2));
  });

  it("answers a hold whose answer got lost when the same seats are asked for again", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const made = await hold(house, ann, stalls(4, 7, 8));
    expect(await hold(house, ann, stalls(4, 8, 7))).to.deep.include({
      id: made.id,
      expiresAt: made.expiresAt,
    });
    await expectProblem(hold(house, ben, stalls(4, 7, 8)), "hold/seat-taken");
    await expectProblem(hold(house, ann, stalls(4, 7)), "hold/seat-taken");
    await expectProblem(hold(house, ann, stalls(4, 7, 8, 9)), "hold/seat-taken");
  });

  it("shows nobody else's hold", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const made = await hold(house, ann, stalls(4, 5));
    const params = { eventId: house.eventId, holdId: made.id };
    await expectProblem(ben.call("getHold", { params }), "hold/expired");
  });

  it("gives a hold its time again once, and to its owner only", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const made = await hold(house, ann, stalls(7, 5, 6));
    const params = { eventId: house.eventId, holdId: made.id };
    await systemClock.sleep(20);
    await expectProblem(ben.call("extendHold", { params }), "hold/expired");
    const extended = await ann.call("extendHold", { params });
    expect(extended).to.include({ id: made.id, total: made.total, extended: true });
    const more = Date.parse(extended.expiresAt) - Date.parse(made.expiresAt);
    expect(more).to.be.within(1, 10 * 60_000);
    const problem = await expectProblem(ann.call("extendHold", { params }), "hold/extended");
    expect(problem.expiresAt).to.equal(extended.expiresAt);
    expect(await ann.call("getHold", { params })).to.deep.equal(extended);
    const unknown = { ...params, holdId: `hld_${"0".repeat(26)}` };
    await expectProblem(ann.call("extendHold", { params: unknown }), "hold/expired");
  });

  it("extends no half of a hold, when an order has the other half", async () => {
    const fan = await house.fan();
    const made = await hold(house, fan, stalls(7, 7, 8));
    const claim = `${"9".repeat(16)} ord_of-somebody`;
    await house.redis.hset(seatsKey(house.event), String(stalls(7, 8)[0]), claim);
    const params = { eventId: house.eventId, holdId: made.id };
    await expectProblem(fan.call("extendHold", { params }), "hold/expired");
  });

  it("lists the holds of a fan and nobody else's, without those that became orders", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const first = await hold(house, ann, stalls(8, 8));
    const second = await hold(house, ann, stalls(8, 9, 10));
    await order(house, ann, stalls(8, 11));
    await hold(house, ben, stalls(8, 12));
    expect((await ann.call("listHolds")).holds).to.deep.equal([first, second]);
    const { eventId } = house;
    expect((await ann.call("listHolds", { query: { eventId } })).holds).to.have.lengthOf(2);
    await expectProblem(ann.call("listHolds", { query: { eventId: "x" } }), "request/invalid");
  });

  it("ends by itself, without anything that sweeps", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    await house.db.query({ text: "UPDATE sale.event SET hold_ttl_ms = 300" });
    try {
      await systemClock.sleep(5_100);
      await hold(house, ann, stalls(5, 1));
      await expectProblem(hold(house, ben, stalls(5, 1)), "hold/seat-taken");
      await systemClock.sleep(350);
      await hold(house, ben, stalls(5, 1));
    } finally {
      await house.db.query({ text: "UPDATE sale.event SET hold_ttl_ms = 600000" });
      await systemClock.sleep(5_100);
    }
  }).timeout(20_000);

  it("does not release a seat that is somebody else's by now", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const made = await hold(house, ann, stalls(6, 1));
    // Ann's lease ends in the hash, while her hold's own key lives a moment longer.
    await house.redis.hdel(seatsKey(house.event), String(stalls(6, 1)[0]));
    await hold(house, ben, stalls(6, 1));
    const owner = ann.account.address.toLowerCase() as `0x${string}`;
    await releaseHold(house, { event: house.event, holdId: made.id, owner });
    await expectProblem(hold(house, await house.fan(), stalls(6, 1)), "hold/seat-taken");
  });

  it("knows orders and sales again after Redis was wiped", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    await buy(house, ann, stalls(7, 1));
    await order(house, ann, stalls(7, 2));
    await hold(house, ann, stalls(7, 3));
    await house.redis.flushdb();
    await expectProblem(hold(house, ben, stalls(7, 1)), "hold/seat-taken");
    await expectProblem(hold(house, ben, stalls(7, 2)), "hold/seat-taken");
    // A bare lease is what Redis may lose.
    await hold(house, ben, stalls(7, 3));
    const seen = await states();
    expect(seen.sold).to.include.members(stalls(7, 1));
    expect(seen.held).to.include.members(stalls(7, 2, 3));
  });

  it("shows the seats' states from Postgres while Redis has nothing", async () => {
    const fan = await house.fan();
    await buy(house, fan, stalls(8, 1));
    await house.redis.flushdb();
    await systemClock.sleep(600);
    expect((await states()).sold).to.include.members(stalls(8, 1));
  });

  it("refuses seats and events that are not there, and a seat named twice", async () => {
    const fan = await house.fan();
    await expectProblem(hold(house, fan, [1]), "request/not-found");
    await expectProblem(hold(house, fan, [...stalls(8, 5), ...stalls(8, 5)]), "request/invalid");
    await expectProblem(hold(house, fan, []), "request/invalid");
    const elsewhere = fan.call("createHold", {
      params: { eventId: "evt_1_99" },
      body: { seats: [1] },
    });
    await expectProblem(elsewhere, "request/not-found");
  });

  it("refuses holds once the event has begun", async () => {
    const other = await openHouse();
    try {
      const fan = await other.fan();
      await other.db.query({
        text: "UPDATE sale.event SET starts_at = now() - interval '1 second'",
      });
      await expectProblem(hold(other, fan, stalls(1, 1)), "hold/sale-closed");
    } finally {
      await other.close();
    }
  });
});
