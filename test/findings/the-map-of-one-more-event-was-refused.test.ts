// A process that followed as many events as it can answered 503 to whoever asked for the map of another.
import { expect } from "chai";
import type { Listener } from "#server/api/handler.ts";
import { decodeSeatMap, SEAT_STATES } from "#server/domain/seat-map.ts";
import { parseEventId } from "#server/domain/ticket-id.ts";
import { createSeatFeed, type SeatFeed } from "#server/hold/seat-feed.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { holdDeps, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

describe("more events than a process can follow", () => {
  let house: House;
  let feed: SeatFeed;
  const stop = new AbortController();
  before(async () => {
    house = await openHouse({ collections: 4 });
    const deps = { ...holdDeps(house), metrics: createMetrics("test"), stopping: stop.signal };
    feed = createSeatFeed({ ...deps, hallsMax: 2 });
  });
  after(async () => {
    stop.abort();
    await house.close();
  });

  const events = () => house.eventIds.map(parseEventId);
  const heldIn = async (at: number) => {
    const event = parseEventId(house.eventIds[at] as string);
    const { states } = decodeSeatMap(new Uint8Array((await feed.snapshot(event)).plain));
    return [...states].filter((state) => SEAT_STATES[state] === "held").length;
  };

  /** What a listener is told, and whether it was let go. */
  async function listenTo(at: number) {
    const heard: string[] = [];
    const heardOf = { heard, isOver: false };
    const note = (frame?: Uint8Array) => heard.push(Buffer.from(frame ?? []).toString());
    const listener: Listener = {
      send: (frame) => {
        note(frame);
        return true;
      },
      end: (frame) => {
        note(frame);
        heardOf.isOver = true;
      },
    };
    const { listen } = await feed.listen(events()[at] as never, undefined);
    return { heardOf, leave: listen(listener) };
  }

  it("are all shown to who looks, and it is only looked at that they make room", async () => {
    const fan = await house.fan();
    for (const [at] of events().entries()) {
      expect(await heldIn(at)).to.equal(0);
    }
    const params = { eventId: house.eventIds[0] as string };
    await fan.call("createHold", { params, body: { seats: stalls(1, 1) } });
    expect(await heldIn(0)).to.equal(1);
  });

  it("that are listened to stay, and the map of another is shown all the same", async () => {
    const [one, two] = [await listenTo(1), await listenTo(2)];
    const fan = await house.fan();
    const params = { eventId: house.eventIds[3] as string };
    await fan.call("createHold", { params, body: { seats: stalls(1, 1, 2) } });
    expect(await heldIn(3)).to.equal(2);
    const refused = await feed.listen(events()[3] as never, undefined).catch((error) => error);
    expect(refused).to.include({ code: "server/unavailable" });
    expect([one.heardOf.isOver, two.heardOf.isOver]).to.deep.equal([false, false]);
    two.leave();
    const three = await listenTo(3);
    expect(three.heardOf.heard.join("")).to.include("event: reset");
    one.leave();
    three.leave();
  });
});
