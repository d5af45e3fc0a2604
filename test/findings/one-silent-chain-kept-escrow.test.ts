// Found: while a chain did not answer, the escrow of no other chain was asked for.
import { expect } from "chai";
import { createPublicClient, http } from "viem";
import type { Chain } from "#server/platform/chain.ts";
import { startAnvil } from "../support/anvil.ts";
import { type House, openHouse } from "../support/house.ts";
import { openPayoutJobs, readJobs } from "../support/job-work.ts";
import { MARKET_EVENT, openPlay } from "../support/market.ts";
import { finalise } from "../support/refund-work.ts";

const SUITE_LIMIT_MS = 60_000;
const FINALITY = 10;
const SILENT = 2;
/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:9";
const FOUR_DAYS_SECONDS = 4 * 24 * 60 * 60;

describe("escrow that is due", function () {
  this.timeout(SUITE_LIMIT_MS);
  // Its own, because its clock is moved.
  let anvil: Awaited<ReturnType<typeof startAnvil>>;
  let house: House;
  before(async () => {
    anvil = await startAnvil({ chainId: 31_337, args: ["--accounts", "30"] });
    const through = async (service: string, url: string) => (service === "chain" ? anvil.url : url);
    house = await openHouse({ modules: true, finality: FINALITY, through });
    const play = await openPlay(house.chain);
    await play.buy(await play.fan(), 1);
    await anvil.rpc("evm_increaseTime", FOUR_DAYS_SECONDS);
    await finalise(house);
  });
  after(async () => {
    await house.close();
    await anvil.stop();
  });

  /** The same event, on a chain that is away. */
  async function silent(): Promise<Chain> {
    for (const table of ["event", "escrow", "cursor", "block"]) {
      await house.indexerDb.query({
        text: `INSERT INTO mirror.${table}
               SELECT made.* FROM mirror.${table} AS row, jsonb_populate_record(
                 NULL::mirror.${table}, to_jsonb(row) || '{"deployment": ${SILENT}}') AS made`,
      });
    }
    const deployment = { ...house.chain.deployment, id: SILENT, chainId: SILENT };
    const client = createPublicClient({ transport: http(NOWHERE, { retryCount: 0 }) });
    return { deployment, client };
  }

  it("is asked for, whichever other chain is away", async () => {
    const chains = new Map([[SILENT, await silent()], ...house.chains]);
    await openPayoutJobs(house, { chains }).run();
    const keys = (await readJobs(house, "escrow")).map(({ key }) => key);
    expect(keys).to.deep.equal([`${MARKET_EVENT}:0`]);
  });
});
