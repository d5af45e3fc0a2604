// Found: a sale made while Redis was down was never shown, so its seat was offered for ever.
import { expect } from "chai";
import { seatsKey } from "#server/hold/keys.ts";
import { loadAllClaims } from "#server/hold/load-claims.ts";
import { formatMs } from "#server/hold/places.ts";
import { buy, hold, order, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { expectProblem } from "../support/refusals.ts";

describe("a sale that Redis has missed", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  /** Redis as it came back: claims loaded once, this sale unknown. */
  const forget = (seat: number) => house.redis.hdel(seatsKey(house.event), String(seat));

  it("is shown after the first fan who was offered it", async () => {
    const [seat] = stalls(1, 1) as [number];
    await buy(house, await house.fan(), [seat]);
    await forget(seat);
    await expectProblem(order(house, await house.fan(), [seat]), "hold/seat-taken");
    await expectProblem(hold(house, await house.fan(), [seat]), "hold/seat-taken");
    const { value } = { value: await house.redis.hget(seatsKey(house.event), String(seat)) };
    expect(value).to.match(/ ord_/);
  });

  it("is shown when the worker hears that Redis is back", async () => {
    const [seat] = stalls(1, 2) as [number];
    await buy(house, await house.fan(), [seat]);
    await forget(seat);
    await loadAllClaims(house);
    await expectProblem(hold(house, await house.fan(), [seat]), "hold/seat-taken");
  });

  it("is not undone by an older list of claims", async () => {
    const [seat] = stalls(1, 3) as [number];
    const fan = await house.fan();
    const made = await order(house, fan, [seat]);
    const { rows } = await house.db.query<{ expires_at: Date }>({
      text: "SELECT expires_at FROM sale.claim WHERE order_id = $1",
      values: [made.id],
    });
    const { pay } = await import("../support/buy.ts");
    await pay(fan, made.id);
    const { loadScript, runScript } = await import("#server/platform/lua.ts");
    const script = loadScript(new URL("../../server/hold/load.lua", import.meta.url).pathname);
    const { areasKey, seatLogKey } = await import("#server/hold/keys.ts");
    await runScript(house.redis, script, {
      keys: [seatsKey(house.event), areasKey(house.event), seatLogKey(house.event)],
      args: [
        "only",
        "load_older",
        seat,
        `${formatMs(rows[0]?.expires_at.getTime() ?? 0)} ${made.id}`,
      ],
    });
    const shown = await house.redis.hget(seatsKey(house.event), String(seat));
    expect(shown).to.equal(`${Number.MAX_SAFE_INTEGER} ${made.id}`);
  });
});
