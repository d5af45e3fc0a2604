// Every route against bad input made from its own schema: never a bug of ours, and nothing written.
import type { Route } from "#server/api/route.ts";
import { ROUTES, type RouteName } from "#server/api/routes.ts";
import { type Fuzzer, openFuzzer } from "../support/fuzz.ts";
import { type House, openHouse } from "../support/house.ts";

const RUNS = 25;
/** A body has more places to be wrong in. */
const RUNS_WITH_BODY = 50;
const TEST_LIMIT_MS = 60_000;

describe("bad input", function () {
  this.timeout(TEST_LIMIT_MS);
  let house: House;
  let fuzzer: Fuzzer;
  before(async () => {
    house = await openHouse();
    fuzzer = await openFuzzer(house);
  });
  after(() => house.close());

  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    it(`is refused by ${name}, which answers no 5xx and writes nothing`, async () => {
      await fuzzer.fuzz(name, route.body === undefined ? RUNS : RUNS_WITH_BODY);
    });
  }
});
