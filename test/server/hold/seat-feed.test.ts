// The live seat map: a small snapshot, changes as they happen, and a way on after every break.
import { brotliCompressSync } from "node:zlib";
import { expect } from "chai";
import { decodeSeatMap, encodeSeatMap, nameSeating, SEAT_STATES } from "#server/domain/seat-map.ts";
import { seatsKey } from "#server/hold/keys.ts";
import { systemClock } from "#server/platform/clock.ts";
import { buy, hold, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { fetchSeatMap, listenToSeats, type SeatListener } from "../../support/listen.ts";

/** A tick is 250 ms; other suites may share the machine. */
const TOLD_MS_MAX = 2_000;

describe("seat map feed", () => {
  let house: House;
  let places: Map<number, number>;
  const open: SeatListener[] = [];
  before(async () => {
    house = await openHouse();
    const fan = await house.fan();
    const { seats } = await fan.call("getEvent", { params: { eventId: house.eventId } });
    places = new Map(seats.map(({ seat }, place) => [seat, place]));
  });
  afterEach(() => {
    for (const listener of open.splice(0)) listener.close();
  });
  after(() => house.close());

  const placesOf = (seats: number[]) => seats.map((seat) => places.get(seat) as number);
  const map = () => fetchSeatMap(house.url, house.eventId);
  const path = () => new URL(`/v1/events/${house.eventId}/seats/map`, house.url);
  async function follow(from: { after?: string; lastEventId?: string } = {}, url = house.url) {
    const listener = await listenToSeats(url, house.eventId, from);
    open.push(listener);
    return listener;
  }
  const stateOf = (states: Uint8Array, seat: number) =>
    SEAT_STATES[states[places.get(seat) as number] as number];

  it("shows every seat in two bits, in the order of the plan that it names", async () => {
    const fan = await house.fan();
    await hold(house, fan, stalls(1, 1));
    await buy(house, fan, stalls(1, 2));
    await systemClock.sleep(600);
    const found = await map();
    const { seating } = await fan.call("getEvent", { params: { eventId: house.eventId } });
    expect(found.seating).to.equal(seating);
    expect(found.seating).to.equal(nameSeating([...places.keys()]));
    expect(found.states.length).to.equal(places.size);
    expect(stateOf(found.states, stalls(1, 1)[0] as number)).to.equal("held");
    expect(stateOf(found.states, stalls(1, 2)[0] as number)).to.equal("sold");
    expect(stateOf(found.states, stalls(1, 3)[0] as number)).to.equal("free");
  });

  it("answers 304 to who has this map, and another tag once a seat changed", async () => {
    const first = await fetch(path());
    const tag = first.headers.get("etag") as string;
    // undici asks for a fresh answer unless told otherwise; browsers revalidate so.
    const known = { headers: { "if-none-match": tag, "cache-control": "max-age=0" } };
    const again = await fetch(path(), known);
    expect(again.status).to.equal(304);
    await hold(house, await house.fan(), stalls(1, 5));
    await systemClock.sleep(600);
    const changed = await fetch(path(), known);
    expect(changed.status).to.equal(200);
    expect(changed.headers.get("etag")).not.to.equal(tag);
  });

  it("tells who listens of a hold, a sale and a release at once", async () => {
    const { cursor } = await map();
    const listener = await follow({ after: cursor });
    const fan = await house.fan();
    const seats = stalls(2, 1, 2);
    const startedMs = systemClock.monotonicMs();
    const made = await hold(house, fan, seats);
    const held = await listener.wait(({ data }) => data.held !== undefined);
    expect(systemClock.monotonicMs() - startedMs).to.be.lessThan(TOLD_MS_MAX);
    expect(held.data.held).to.have.members(placesOf(seats));
    await fan.call("releaseHold", { params: { eventId: house.eventId, holdId: made.id } });
    const freed = await listener.wait(({ data }) => data.free !== undefined);
    expect(freed.data.free).to.have.members(placesOf(seats));
    await buy(house, fan, stalls(2, 3));
    const sold = await listener.wait(({ data }) => data.sold !== undefined);
    expect(sold.data.sold).to.deep.equal(placesOf(stalls(2, 3)));
  });

  it("tells of a lease that ends by itself", async () => {
    const { cursor } = await map();
    const listener = await follow({ after: cursor });
    const [seat] = stalls(2, 7) as [number];
    await hold(house, await house.fan(), [seat]);
    const place = places.get(seat) as number;
    await listener.wait(({ data }) => data.held?.includes(place) === true);
    // As if the ten minutes were over: the log tells of no end, time alone does.
    await shorten(seat, 700);
    const freed = await listener.wait(({ data }) => data.free?.includes(place) === true);
    expect(freed.event).to.equal("seats");
  });

  it("tells of many changes in one event, four times a second at most", async () => {
    const { cursor } = await map();
    const listener = await follow({ after: cursor });
    const fans = await Promise.all(Array.from({ length: 6 }, () => house.fan()));
    const before = listener.events.length;
    await Promise.all(fans.map((fan, index) => hold(house, fan, stalls(3, index + 1))));
    await systemClock.sleep(1_000);
    const seen = listener.events.slice(before);
    expect(seen.length).to.be.within(1, 4);
    const told = seen.flatMap(({ data }) => data.held ?? []);
    expect(told).to.have.members(placesOf(stalls(3, 1, 2, 3, 4, 5, 6)));
  });

  it("goes on from the last event, and tells what was missed meanwhile", async () => {
    const first = await map();
    const listener = await follow({ after: first.cursor });
    await hold(house, await house.fan(), stalls(4, 1));
    const last = await listener.wait(({ data }) => data.held !== undefined);
    listener.close();
    await hold(house, await house.fan(), stalls(4, 2));
    await systemClock.sleep(600);
    // A browser sends both: the address as it was, and where it got to.
    const again = await follow({ after: first.cursor, lastEventId: last.id });
    const missed = await again.wait(({ event }) => event === "seats");
    expect(missed.data.held).to.include.members(placesOf(stalls(4, 2)));
  });

  it("sends who knows nothing, or nonsense, back to the map", async () => {
    for (const after of [undefined, "nonsense", "1-1-1", "../../etc", "9".repeat(60)]) {
      const listener = await follow(after === undefined ? {} : { after });
      const { event, id } = await listener.wait(() => true);
      expect(event).to.equal("reset");
      expect(id).to.match(/^\d+-\d+-\d+$/);
      expect(listener.rest[0]).to.equal("retry: 1500");
    }
  });

  it("starts again after Redis was wiped: everybody is sent to the map, which shows the truth", async () => {
    const fan = await house.fan();
    await buy(house, fan, stalls(5, 1));
    await hold(house, fan, stalls(5, 2));
    await systemClock.sleep(600);
    const before = await map();
    const listener = await follow({ after: before.cursor });
    await listener.wait(() => true);
    await house.redis.flushdb();
    await listener.wait(({ event }) => event === "reset");
    const found = await map();
    expect(found.cursor.split("-")[0]).not.to.equal(before.cursor.split("-")[0]);
    expect(stateOf(found.states, stalls(5, 1)[0] as number)).to.equal("sold");
    expect(stateOf(found.states, stalls(5, 2)[0] as number)).to.equal("free");
    await hold(house, await house.fan(), stalls(5, 3));
    const held = await listener.wait(({ data }) => data.held !== undefined);
    expect(held.data.held).to.include.members(placesOf(stalls(5, 3)));
  });

  it("does not listen for an event that is not there", async () => {
    const address = new URL("/v1/events/evt_1_9999999/seats/changes", house.url);
    expect((await fetch(address)).status).to.equal(404);
    expect((await fetch(path(), { headers: { accept: "text/html" } })).status).to.equal(406);
  });

  /** Rewrites the end of a seat's lease, as only time does. */
  async function shorten(seat: number, ms: number): Promise<void> {
    const value = (await house.redis.hget(seatsKey(house.event), String(seat))) as string;
    const end = systemClock.now().getTime() + ms;
    const epoch = (await house.redis.hget(seatsKey(house.event), "#loaded")) as string;
    const log = `seatlog:{${house.eventId}}`;
    await house.redis.hset(seatsKey(house.event), String(seat), `${end} ${value.split(" ")[1]}`);
    await house.redis.xadd(log, `${epoch}-*`, "held", `${end} ${seat} `);
  }
});

describe("the snapshot of a seat map", () => {
  const SEATS = 80_000;
  let word = 1;
  /** xorshift32: the same house in every run, without a pattern. */
  const next = () => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return (word >>> 0) / 2 ** 32;
  };
  /** Half sold, a tenth on hold, all over the house: the worst case for a compressor. */
  const states = Uint8Array.from({ length: SEATS }, () => {
    const chance = next();
    return chance < 0.5 ? 2 : chance < 0.6 ? 1 : 0;
  });

  it("is at most 40 kB for 80,000 seats, and reads back as it was", () => {
    const given = { seating: "0123456789abcdef", cursor: "1700000000000-9-1700000000999", states };
    const bytes = encodeSeatMap(given);
    const sent = brotliCompressSync(bytes).length;
    process.stdout.write(`      80,000 seats: ${bytes.length} bytes, ${sent} compressed\n`);
    expect(sent).to.be.at.most(40_000);
    const found = decodeSeatMap(bytes);
    expect(found.seating).to.equal(given.seating);
    expect(found.cursor).to.equal(given.cursor);
    expect(Buffer.compare(found.states, states)).to.equal(0);
  });

  it("refuses what is no whole map", () => {
    const bytes = encodeSeatMap({ seating: "0", cursor: "1-1-1", states: new Uint8Array(9) });
    for (const wrong of [
      new Uint8Array(),
      bytes.slice(0, -1),
      bytes.slice(1),
      new Uint8Array(99),
    ]) {
      expect(() => decodeSeatMap(wrong)).to.throw(RangeError);
    }
  });
});
