// Each dependency vanishes for a minute without a word: the documented mode within 5 s, back within 10 (P14).
import { type Blackholes, openBlackholes } from "../support/blackhole.ts";

const SILENT_MS = 60_000;

describe("a minute without a word", function () {
  this.timeout(3 * SILENT_MS);
  let holes: Blackholes;
  before(async () => {
    holes = await openBlackholes();
  });
  after(() => holes.close());

  it("from Redis", () => holes.redis(SILENT_MS));
  it("from Postgres", () => holes.postgres(SILENT_MS));
  it("from the chain", () => holes.chain(SILENT_MS));
});
