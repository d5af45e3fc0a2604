// The on-sale of the race tests again, from twenty seeds, and a drop that loses Redis forty times.
import { expect } from "chai";
import { dropWithoutRedis } from "../support/drop-without-redis.ts";
import { HERD, stampede } from "../support/herd.ts";
import { type House, openHouse } from "../support/house.ts";
import { createRedisServer } from "../support/redis-server.ts";
import { rush } from "../support/rush.ts";
import { chanceOf } from "../support/seeded.ts";

const SEEDS = Array.from({ length: 20 }, (_, at) => at + 1);
/** Wiped and killed in turns: twenty times each. */
const LOSSES = 40;
const SERVED_MIN = 0.99;

describe("many on-sales", () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.close());

  for (const seed of SEEDS) {
    it(`sells 500 seats to 10,000 fans, each once: seed ${seed}`, async () => {
      await rush(house, { fans: 10_000, seats: 500, connections: 200, seed });
    }).timeout(300_000);

    it(`serves a herd of ${HERD} while seats last: seed ${seed}`, async () => {
      const { asked, lost, noneLeft, seats } = await stampede(house, chanceOf(seed));
      expect(new Set(seats).size).to.equal(seats.length);
      expect((asked - noneLeft - lost) / (asked - noneLeft)).to.be.at.least(SERVED_MIN);
    }).timeout(300_000);
  }
});

describe("a drop that is wiped twenty times and loses Redis twenty times", () => {
  it("sells on within ten seconds each time, and nothing twice", async () => {
    const redis = await createRedisServer();
    await redis.start();
    const house = await openHouse({
      through: async (service, url) => (service === "redis" ? redis.url : url),
    });
    try {
      expect(await dropWithoutRedis(house, redis, LOSSES)).to.be.greaterThan(LOSSES);
    } finally {
      await house.close();
      await redis.kill();
    }
  }).timeout(900_000);
});
