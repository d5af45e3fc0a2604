// The same bad input as the short suite, a hundred times as much of it.
import { ROUTES, type RouteName } from "#server/api/routes.ts";
import { type Fuzzer, openFuzzer } from "../support/fuzz.ts";
import { type House, openHouse } from "../support/house.ts";

const RUNS = 6_000;
/** For each route. */
const CHANCE_MS = 5 * 60_000;
const TEST_LIMIT_MS = 8 * 60_000;

describe("bad input, much of it", function () {
  this.timeout(TEST_LIMIT_MS);
  let house: House;
  let fuzzer: Fuzzer;
  before(async () => {
    house = await openHouse();
    fuzzer = await openFuzzer(house);
  });
  after(() => house.close());

  for (const name of Object.keys(ROUTES) as RouteName[]) {
    it(`is refused by ${name}`, async () => {
      await fuzzer.fuzz(name, { runs: RUNS, limitMs: CHANCE_MS });
    });
  }
});
