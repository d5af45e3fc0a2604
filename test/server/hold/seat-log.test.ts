// The log of seats: whoever follows it knows every change once, or learns that something is missing.
import { expect } from "chai";
import { seatLogKey } from "#server/hold/keys.ts";
import { readSeatChanges } from "#server/hold/seat-log.ts";
import { systemClock } from "#server/platform/clock.ts";
import { hold, order, pay, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";

describe("the log of seats", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
    await hold(house, await house.fan(), stalls(1, 1));
  });
  after(() => house.close());

  const since = (position: string) => readSeatChanges(house.redis, house.event, position);
  const end = async () => (await since("0-0")).newest ?? "";

  it("names every change with the time until which it holds", async () => {
    const [fan, start] = [await house.fan(), await end()];
    const held = await hold(house, fan, stalls(2, 1, 2));
    const params = { eventId: house.eventId, holdId: held.id };
    const { expiresAt } = await fan.call("extendHold", { params });
    await fan.call("releaseHold", { params });
    const { id, expiresAt: paidBy } = await order(house, fan, stalls(2, 3));
    await pay(fan, id);
    const { changes, newest } = await since(start);
    const brief = changes?.map(({ state, untilMs, seats }) => [state, untilMs, seats]);
    expect(brief).to.deep.equal([
      ["held", Date.parse(held.expiresAt), stalls(2, 1, 2)],
      ["held", Date.parse(expiresAt), stalls(2, 1, 2)],
      ["free", 0, stalls(2, 1, 2)],
      ["held", brief?.[3]?.[1], stalls(2, 3)],
      ["held", Date.parse(paidBy), stalls(2, 3)],
      ["sold", Number.MAX_SAFE_INTEGER, stalls(2, 3)],
    ]);
    expect(changes?.at(-1)?.position).to.equal(newest);
  });

  it("tells the time that leases go by", async () => {
    const { nowMs } = await since("0-0");
    expect(nowMs).to.be.closeTo(systemClock.now().getTime(), 2_000);
  });

  it("gives nothing to whoever knows everything, and the rest to whoever knows a part", async () => {
    const fan = await house.fan();
    const start = await end();
    await hold(house, fan, stalls(3, 1));
    const middle = await end();
    await hold(house, fan, stalls(3, 2));
    expect((await since(await end())).changes).to.deep.equal([]);
    expect((await since(middle)).changes?.map(({ seats }) => seats)).to.deep.equal([stalls(3, 2)]);
    expect((await since(start)).changes).to.have.lengthOf(2);
  });

  it("shows a gap where entries were dropped", async () => {
    const fan = await house.fan();
    const start = await end();
    await hold(house, fan, stalls(4, 1));
    await hold(house, fan, stalls(4, 2));
    await house.redis.xtrim(seatLogKey(house.event), "MAXLEN", 1);
    expect((await since(start)).changes).to.equal(undefined);
    await house.redis.del(seatLogKey(house.event));
    expect((await since(start)).changes).to.equal(undefined);
  });

  it("begins a new epoch when Redis was wiped", async () => {
    await hold(house, await house.fan(), stalls(5, 2));
    const start = await end();
    await house.redis.flushdb();
    expect((await since(start)).epoch).to.equal(undefined);
    expect((await since(start)).changes).to.equal(undefined);
    await hold(house, await house.fan(), stalls(5, 1));
    const { epoch, changes } = await since(start);
    expect(epoch).not.to.equal(start.split("-")[0]);
    expect(changes).to.equal(undefined);
  });

  it("begins a new epoch when Postgres knew of more than Redis", async () => {
    const fan = await house.fan();
    await order(house, fan, stalls(6, 1));
    const start = await end();
    const { seatsKey } = await import("#server/hold/keys.ts");
    const { loadClaims } = await import("#server/hold/load-claims.ts");
    await loadClaims(house, house.event);
    expect((await since(start)).changes).to.deep.equal([]);
    await house.redis.hdel(seatsKey(house.event), String(stalls(6, 1)[0]));
    await loadClaims(house, house.event);
    expect((await since(start)).changes).to.equal(undefined);
  });
});
