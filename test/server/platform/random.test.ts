// Ids: of their moment first, so that indexes stay together, and of chance, so that no two are the same.
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { randomId } from "#server/platform/random.ts";

const IDS = 20_000;
/** More than one millisecond of any clock. */
const LATER_MS = 5;

describe("ids", () => {
  it("of a later moment come later in an index", async () => {
    const before = randomId("ord");
    await systemClock.sleep(LATER_MS);
    expect(randomId("ord") > before).to.equal(true);
  });

  it("of one moment are never the same, and of one form", () => {
    const ids = Array.from({ length: IDS }, () => randomId("hld"));
    expect(new Set(ids).size).to.equal(IDS);
    for (const id of ids) expect(id).to.match(/^hld_[0-9a-v]{26}$/);
  });
});
