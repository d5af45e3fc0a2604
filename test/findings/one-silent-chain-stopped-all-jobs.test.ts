// Found: twenty events on a chain that did not answer kept all jobs of the other chains waiting.
import { expect } from "chai";
import { createPublicClient, http } from "viem";
import { checkInKey, checkIns } from "#server/gate/check-in.ts";
import type { Chain } from "#server/platform/chain.ts";
import { askJobs } from "#server/queue/job/ask-jobs.ts";
import { type House, openHouse } from "../support/house.ts";
import { bringForward, openGateJobs, readJobs } from "../support/job-work.ts";
import { MARKET_EVENT, openPlay } from "../support/market.ts";

const SUITE_LIMIT_MS = 60_000;
const SILENT = 2;
const EVENTS = 40;

describe("jobs of a chain that answers", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  before(async () => {
    house = await openHouse({ modules: true });
  });
  after(() => house.close());

  /** Nobody listens there. */
  function silent(): Chain {
    const deployment = { ...house.chain.deployment, id: SILENT, chainId: SILENT };
    return {
      deployment,
      client: createPublicClient({ transport: http("http://127.0.0.1:9", { retryCount: 0 }) }),
    };
  }

  async function ask(deployment: number, eventId: number, ticketId: bigint): Promise<void> {
    const payload = { ticketId: ticketId.toString(), entry: 1 };
    await askJobs(house.db, checkIns, [{ deployment, eventId, key: checkInKey(payload), payload }]);
  }

  it("are sent, however many wait for one that does not", async () => {
    for (let event = 1; event <= EVENTS; event += 1) await ask(SILENT, event, BigInt(event));
    await bringForward(house);
    const play = await openPlay(house.chain);
    await play.buy(await play.fan(), 1);
    await house.mirror();
    const [ticketId = 0n] = play.ids(1);
    await ask(house.chain.deployment.id, MARKET_EVENT, ticketId);
    await house.db.query({
      text: "UPDATE sale.chain_job SET due_at = now() WHERE deployment <> $1",
      values: [SILENT],
    });
    const chains = new Map([[SILENT, silent()], ...house.chains]);
    await openGateJobs(house, { chains }).run();
    const jobs = await readJobs(house, "check-in");
    expect(jobs.find(({ key }) => key === `${ticketId}:1`)?.state).to.equal("sent");
  });
});
