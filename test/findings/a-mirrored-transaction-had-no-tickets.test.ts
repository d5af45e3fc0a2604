// Found: a transaction that was mirrored between two questions was called mirrored, and without its tickets.
import { expect } from "chai";
import { findTransaction } from "#server/lookup/find-transaction.ts";
import type { Sql } from "#server/platform/db/client.ts";
import { buyAndMint, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

const MOVES = "moves-of-transaction";

describe("a transaction that is mirrored while it is looked for", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("is mirrored with the tickets that it moved", async () => {
    await buyAndMint(house, await house.fan(), stalls(1, 1));
    const { rows } = await house.db.query<{ hash: string }>({
      text: "SELECT mint_tx AS hash FROM mirror.ticket LIMIT 1",
    });
    const txHash = rows[0]?.hash as string;
    let looks = 0;
    // As it was before the block came, in the first look only.
    const query = (async (statement: Parameters<Sql["query"]>[0]) => {
      const found = await house.db.query(statement);
      if (statement.name !== MOVES) return found;
      looks += 1;
      return looks === 1 ? { ...found, rows: [] } : found;
    }) as Sql["query"];
    const { answer } = await findTransaction(
      { db: { query }, chains: house.chains, nodeBudget: { take: () => true } },
      { txHash, known: undefined, network: "here" },
    );
    expect(answer.state).to.equal("mirrored");
    expect(answer.tickets).to.have.length(1);
    expect(looks).to.equal(2);
  });
});
