// Who is away or full is asked less and less often, who says something wrong is asked again soon.
import { expect } from "chai";
import { NodeFault } from "#indexer/node-fault.ts";
import { createPatience } from "#indexer/patience.ts";
import { Fault } from "#server/domain/failure.ts";

const FIRST_MS = 1_000;
const away = new Fault("server/unavailable", "The database does not answer.");
const wrong = new NodeFault("left-out", "The node left out logs.");

describe("patience", () => {
  it("waits as always after the first failure, then twice as long each time, up to ten seconds", () => {
    const patience = createPatience(FIRST_MS);
    const waits = Array.from({ length: 7 }, () => {
      patience.note(away);
      return patience.waitMs();
    });
    expect(waits).to.deep.equal([undefined, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  });

  it("begins anew after a round that was good, or an answer that was only wrong", () => {
    const patience = createPatience(FIRST_MS);
    for (const end of [undefined, wrong]) {
      for (let at = 0; at < 4; at += 1) patience.note(away);
      expect(patience.waitMs()).to.equal(8_000);
      patience.note(end);
      expect(patience.waitMs()).to.equal(undefined);
      patience.note(away);
      expect(patience.waitMs()).to.equal(undefined);
      patience.note();
    }
  });
});
