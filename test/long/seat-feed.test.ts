// Two thousand listeners to one event's live seat map: what they cost, and how soon they know.
import { expect } from "chai";
import { type ApiProcess, startApi } from "../support/api-process.ts";
import { type House, openHouse } from "../support/house.ts";
import { measureFeed } from "../support/measure-feed.ts";

const LISTENERS = 2_000;
const GROWN_BYTES_MAX = 150_000_000;
const P95_MS_MAX = 1_000;
const SUITE_LIMIT_MS = 5 * 60_000;

describe(`${LISTENERS} seat map listeners`, function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  let api: ApiProcess;
  before(async () => {
    house = await openHouse();
    api = await startApi(house);
  });
  after(async () => {
    await api.stop();
    await house.close();
  });

  it("cost less than 150 MB, and 95 of 100 know of a change within a second", async () => {
    const { p95Ms, grownBytes, perListener } = await measureFeed(house, api, LISTENERS);
    process.stdout.write(
      `      ${LISTENERS} listeners: p95 ${p95Ms} ms, ${Math.round(grownBytes / 1e6)} MB more, ` +
        `${Math.round(perListener / 1e3)} kB each\n`,
    );
    expect(grownBytes).to.be.lessThan(GROWN_BYTES_MAX);
    expect(p95Ms).to.be.lessThan(P95_MS_MAX);
  });
});
