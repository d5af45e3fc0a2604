// General admission: places without seats, leased as a count and numbered when they are claimed.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { packAreaPlace } from "#server/domain/ticket-id.ts";
import { areasKey } from "#server/hold/keys.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { holdDeps, mint, pay, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { expectProblem } from "../../support/refusals.ts";
import { addArea } from "../../support/seat-house.ts";

const CAPACITY = 12;
const FANS = 30;

describe("general admission", () => {
  let house: House;
  let area: number;
  beforeEach(async () => {
    house = await openHouse();
    area = await addArea(house, CAPACITY);
  });
  afterEach(() => house.close());

  const stand = (fan: Client, places: number, seats: number[] = []) =>
    fan.call("createHold", {
      params: { eventId: house.eventId },
      body: { seats, areas: [{ area, places }] },
    });
  const place = (...serials: number[]) =>
    serials.map((serial) => packAreaPlace({ section: area, serial }));
  const orderOf = (fan: Client, holdId: string) =>
    fan.call("createOrder", { body: { eventId: house.eventId, holdId }, key: randomUuid() });

  it("is held by count, beside seats in one hold, and all of it or none", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const made = await stand(ann, 3, stalls(1, 1, 2));
    expect(made).to.deep.include({ seats: stalls(1, 1, 2), areas: [{ area, places: 3 }] });
    expect(made.total).to.equal(String(2 * 4_800 + 3 * 3_600));
    await stand(ben, 8);
    const [carl, dora] = [await house.fan(), await house.fan()];
    const problem = await expectProblem(stand(carl, 2, stalls(1, 3)), "hold/area-full");
    expect(problem).to.include({ area, left: 1 });
    await expectProblem(stand(dora, 1, stalls(1, 1)), "hold/seat-taken");
    await stand(carl, 1, stalls(1, 3));
    await expectProblem(stand(dora, 1), "hold/area-full");
    await expectProblem(stand(dora, 0), "request/invalid");
    const elsewhere = { areas: [{ area: 7, places: 1 }] };
    const params = { eventId: house.eventId };
    await expectProblem(dora.call("createHold", { params, body: elsewhere }), "request/not-found");
  });

  it("counts against the limit of a person", async () => {
    const fan = await house.fan();
    await stand(fan, 5, stalls(1, 1));
    const problem = await expectProblem(stand(fan, 3), "hold/limit-reached");
    expect(problem).to.include({ held: 6, limit: 8 });
    await stand(fan, 2);
  });

  it("comes back by release and by time, without anything that sweeps", async () => {
    await house.db.query({ text: "UPDATE sale.event SET hold_ttl_ms = 400" });
    const [ann, ben] = [await house.fan(), await house.fan()];
    const released = await stand(ann, 8);
    await ann.call("releaseHold", { params: { eventId: house.eventId, holdId: released.id } });
    await stand(ann, 8);
    await expectProblem(stand(ben, 5), "hold/area-full");
    await systemClock.sleep(450);
    await stand(ben, 8);
    expect(await house.redis.zcard(areasKey(house.event))).to.equal(1);
  });

  it("gets numbers when it is ordered, and tickets when it is paid", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const holds = [await stand(ann, 2, stalls(1, 1)), await stand(ben, 1)];
    const first = await orderOf(ann, holds[0]?.id ?? "");
    const second = await orderOf(ben, holds[1]?.id ?? "");
    expect(first.lines.map(({ seat }) => seat)).to.deep.equal([...stalls(1, 1), ...place(1, 2)]);
    expect(first.lines.at(-1)?.label).to.equal("Standing, place 2");
    expect(second.lines.map(({ seat }) => seat)).to.deep.equal(place(3));
    await pay(ann, first.id);
    const minted = await mint(house, ann, first.id);
    expect(minted.lines.map((line) => line.mint)).to.deep.equal(["minted", "minted", "minted"]);
    await expectProblem(stand(await house.fan(), 8, stalls(1, 2)), "hold/limit-reached");
    await stand(await house.fan(), 8);
    await expectProblem(stand(await house.fan(), 2), "hold/area-full");
  });

  it("gives the numbers of an order that ended to the next one", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const ended = await orderOf(ann, (await stand(ann, 2)).id);
    await orderOf(ann, (await stand(ann, 1)).id);
    await house.db.query({
      text: "UPDATE sale.claim SET expires_at = now() - interval '1 s' WHERE order_id = $1",
      values: [ended.id],
    });
    const next = await orderOf(ben, (await stand(ben, 3)).id);
    expect(next.lines.map(({ seat }) => seat)).to.deep.equal(place(1, 2, 4));
  });

  it("is known again after Redis was wiped", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    await pay(ann, (await orderOf(ann, (await stand(ann, 5)).id)).id);
    await orderOf(ben, (await stand(ben, 4)).id);
    await house.redis.flushdb();
    const problem = await expectProblem(stand(await house.fan(), 4), "hold/area-full");
    expect(problem.left).to.equal(3);
    await stand(await house.fan(), 3);
  });

  it("is never claimed above its capacity, whatever Redis may have leased", async () => {
    const deps = holdDeps(house);
    const { leasePlaces } = await import("#server/hold/lease.ts");
    const { createOrder } = await import("../../support/pay-work.ts");
    const sale = await deps.readSale(house.event);
    const [phase] = sale.phases;
    if (phase === undefined) throw new Error("The demo event has a phase.");
    const outcomes = await Promise.allSettled(
      Array.from({ length: FANS }, async (_, at) => {
        const owner = `0x${(at + 1).toString(16).padStart(40, "0")}` as const;
        await house.redis.del(areasKey(house.event));
        const { seatsKey } = await import("#server/hold/keys.ts");
        await house.redis.hdel(seatsKey(house.event), `#area ${area}`);
        const areas = [{ area, places: 1 }];
        const { event } = house;
        const outcome = await leasePlaces(deps, { event, owner, sale, phase, wishes: [[]], areas });
        if (!("lease" in outcome)) throw new Error("Redis leased nothing.");
        return createOrder(deps, { owner, key: randomUuid(), event, holdId: outcome.lease.id });
      }),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.lengthOf(CAPACITY);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason.code).to.equal("hold/area-full");
    }
    const { rows } = await house.db.query<{ seat: bigint }>({
      text: "SELECT DISTINCT seat FROM sale.claim ORDER BY seat",
    });
    expect(rows.map(({ seat }) => Number(seat))).to.deep.equal(
      place(...Array.from({ length: CAPACITY }, (_, at) => at + 1)),
    );
  });
});
