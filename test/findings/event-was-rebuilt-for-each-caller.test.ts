// Found: each look at a large hall read all its seats again and sent them uncompressed; each /readyz asked the chain.
import { get, type IncomingMessage } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect } from "chai";
import { EventResponse } from "#server/api/event.ts";
import { eventHandlers } from "#server/event/http.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import { createReadiness } from "#server/platform/health.ts";
import { keepFor } from "#server/platform/kept.ts";
import { type House, openHouse } from "../support/house.ts";

const CALLERS = 50;

describe("what many ask for at once", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  function ask(headers: Record<string, string>, method = "GET") {
    return new Promise<{ response: IncomingMessage; bytes: Buffer }>((resolve, reject) => {
      const url = new URL(`/v1/events/${house.eventId}`, house.url);
      const request = get(url, { headers, method }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => resolve({ response, bytes: Buffer.concat(parts) }));
      });
      request.on("error", reject);
    });
  }

  it("comes in the smallest form that the caller takes", async () => {
    const plain = await ask({});
    expect(plain.response.headers).not.to.have.property("content-encoding");
    const event = EventResponse.parse(JSON.parse(plain.bytes.toString()));
    expect(event.id).to.equal(house.eventId);
    const cases: [accepts: string, encoding: string, unpack: (bytes: Buffer) => Buffer][] = [
      ["gzip, deflate, br", "br", brotliDecompressSync],
      ["gzip", "gzip", gunzipSync],
      ["gzip, br;q=0", "gzip", gunzipSync],
    ];
    for (const [accepts, encoding, unpack] of cases) {
      const { response, bytes } = await ask({ "accept-encoding": accepts });
      expect(response.headers["content-encoding"]).to.equal(encoding);
      expect(response.headers["content-type"]).to.equal("application/json; charset=utf-8");
      expect(response.headers.vary).to.include("Accept-Encoding");
      expect(response.headers["content-length"]).to.equal(String(bytes.length));
      expect(bytes.length).to.be.lessThan(plain.bytes.length / 3);
      expect(unpack(bytes).equals(plain.bytes)).to.equal(true);
    }
  });

  it("is not sent again to whoever has it", async () => {
    const first = await ask({ "accept-encoding": "br" });
    const tag = String(first.response.headers.etag);
    for (const encoding of ["br", "gzip", "identity"]) {
      const again = await ask({ "if-none-match": tag, "accept-encoding": encoding });
      expect(again.response.statusCode).to.equal(304);
      expect(again.bytes).to.have.lengthOf(0);
    }
    expect((await ask({ "if-none-match": '"other"' })).response.statusCode).to.equal(200);
    const head = await ask({}, "HEAD");
    expect(head.response.statusCode).to.equal(200);
    expect(head.bytes).to.have.lengthOf(0);
  });

  it("is read once for all, and again after some seconds", async () => {
    let reads = 0;
    const event = new Proxy(house.db.prisma.event, {
      get: (target, name) => {
        if (name === "findUnique") reads += 1;
        return Reflect.get(target, name) as unknown;
      },
    });
    const db = { ...house.db, prisma: { event } } as unknown as Db;
    const clock = clockAt(0);
    const { getEvent } = eventHandlers({ db, clock });
    const request = { params: { eventId: house.eventId } } as Parameters<typeof getEvent>[0];
    await Promise.all(Array.from({ length: CALLERS }, () => getEvent(request)));
    expect(reads).to.equal(1);
    clock.nowMs = 4_999;
    await getEvent(request);
    expect(reads).to.equal(1);
    clock.nowMs = 5_001;
    await getEvent(request);
    expect(reads).to.equal(2);
  });

  it("asks what a process depends on once a second, and knows at once that it stops", async () => {
    let asked = 0;
    const clock = clockAt(0);
    const stopping = new AbortController();
    const check = {
      name: "chain-1",
      run: async () => {
        asked += 1;
        return "answers";
      },
    };
    const readiness = createReadiness({ checks: [check], clock, signal: stopping.signal });
    const states = await Promise.all(Array.from({ length: CALLERS }, readiness));
    expect(states.every(({ ready }) => ready)).to.equal(true);
    expect(asked).to.equal(1);
    stopping.abort();
    expect((await readiness()).ready).to.equal(false);
    clock.nowMs = 1_001;
    await readiness();
    expect(asked).to.equal(2);
  });

  it("keeps no more than it may, and no failure", async () => {
    const made: string[] = [];
    const kept = keepFor({ clock: clockAt(0), keptMs: 1_000, entriesMax: 2 }, async (key) => {
      made.push(key);
      if (key === "bad") throw new Error("bad");
      return key;
    });
    for (const key of ["a", "b", "a", "c", "b", "a"]) expect(await kept(key)).to.equal(key);
    expect(made).to.deep.equal(["a", "b", "c", "a"]);
    for (const _ of [1, 2]) await kept("bad").catch(() => undefined);
    expect(made.slice(4)).to.deep.equal(["bad", "bad"]);
  });

  function clockAt(nowMs: number): Clock & { nowMs: number } {
    return {
      ...systemClock,
      nowMs,
      monotonicMs() {
        return this.nowMs;
      },
    };
  }
});
