// What Redis knew of an event's seats and owners stayed there for ever, long after its last night.
import { expect } from "chai";
import { expireAllKeys, KEYS_KEPT_DAYS } from "#server/hold/expire-keys.ts";
import { systemClock } from "#server/platform/clock.ts";
import { buy, hold, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { addArea } from "../support/seat-house.ts";

/** Of a day. */
const ONE_SECOND = 1 / 86_400;
const WAIT_MS = 1_500;
const DAY_MS = 24 * 60 * 60_000;
/** Redis' clock and ours, and the time between two questions. */
const SLACK_MS = 10_000;

describe("finding: keys of past events stayed", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  const keysOf = async () => (await house.redis.keys(`*{${house.eventId}}*`)).sort();
  async function moveEnd(days: number): Promise<number> {
    const { rows } = await house.db.query<{ ends_at: Date }>({
      text: `UPDATE sale.event SET ends_at = now() + $1 * interval '1 day'
             WHERE deployment = $2 AND id = $3 RETURNING ends_at`,
      values: [days, house.event.deployment, house.event.eventId],
    });
    return (rows[0]?.ends_at.getTime() ?? 0) + KEYS_KEPT_DAYS * DAY_MS;
  }

  it("end some weeks after the event, what was sold with the seats", async () => {
    const goneMs = await moveEnd(100);
    const area = await addArea(house, 10);
    const fan = await house.fan();
    await hold(house, fan, stalls(1, 1));
    await buy(house, fan, stalls(2, 1));
    const params = { eventId: house.eventId };
    await fan.call("createHold", { params, body: { areas: [{ area, places: 1 }] } });
    await expireAllKeys(house);
    const keys = await keysOf();
    expect(keys.map((key) => key.split(":")[0])).to.deep.equal([
      ...["areas", "owned", "seatlog", "seats"],
    ]);
    for (const key of keys) {
      const endsMs = systemClock.now().getTime() + (await house.redis.pttl(key));
      expect(endsMs, key).to.be.within(goneMs - SLACK_MS, goneMs + SLACK_MS);
    }
  });

  it("stay when the event is put off", async () => {
    const laterMs = await moveEnd(200);
    await expireAllKeys(house);
    const [areas = ""] = await keysOf();
    const endsMs = systemClock.now().getTime() + (await house.redis.pttl(areas));
    expect(endsMs).to.be.within(laterMs - SLACK_MS, laterMs + SLACK_MS);
  });

  it("are gone then", async () => {
    await moveEnd(ONE_SECOND - KEYS_KEPT_DAYS);
    await expireAllKeys(house);
    await systemClock.sleep(WAIT_MS);
    const kinds = (await keysOf()).map((key) => key.split(":")[0]);
    // Written before the end was moved, it has the time of then, or goes with the next hold.
    expect(kinds).to.deep.equal(["owned"]);
  });
});
