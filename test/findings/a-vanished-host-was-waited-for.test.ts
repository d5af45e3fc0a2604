// A host that vanished without a word was waited for by every request, until the kernel gave up on it.
import { type Blackholes, openBlackholes } from "../support/blackhole.ts";

const SILENT_MS = 6_000;

describe("a host that vanishes without a word", function () {
  this.timeout(60_000);
  let holes: Blackholes;
  before(async () => {
    holes = await openBlackholes();
  });
  after(() => holes.close());

  it("of Redis stops holds within five seconds, and is found again within ten", async () => {
    await holes.redis(SILENT_MS);
  });

  it("of Postgres is answered 503 within five seconds, and is found again within ten", async () => {
    await holes.postgres(SILENT_MS);
  });

  it("of the chain stops mints alone, and they go on within ten seconds", async () => {
    await holes.chain(SILENT_MS);
  });
});
