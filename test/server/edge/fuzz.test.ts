// Every route against bad input made from its own schema: never a bug of ours, and nothing written.
import { ROUTES, type RouteName } from "#server/api/routes.ts";
import { type Fuzzer, openFuzzer } from "../../support/fuzz.ts";
import { type House, openHouse } from "../../support/house.ts";

const RUNS = 50;
/** Chance gets so long for each route; what is tried one by one is tried in any case. */
const CHANCE_MS = 250;
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

  for (const name of Object.keys(ROUTES) as RouteName[]) {
    it(`is refused by ${name}, which answers no 5xx and writes nothing`, async () => {
      await fuzzer.fuzz(name, { runs: RUNS, limitMs: CHANCE_MS });
    });
  }
});
