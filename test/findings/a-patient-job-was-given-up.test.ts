// Found: a job that had been put off often was given up at its first revert, or could not be put off any more.
import { expect } from "chai";
import { checkInKey, checkIns } from "#server/gate/check-in.ts";
import { freeWaiting } from "#server/platform/tx/recover.ts";
import { askJobs } from "#server/queue/job/ask-jobs.ts";
import { type House, openHouse } from "../support/house.ts";
import { bringForward, openGateJobs, readJobs } from "../support/job-work.ts";
import { MARKET_EVENT, openPlay, type Play } from "../support/market.ts";

const SUITE_LIMIT_MS = 60_000;
/** What the column holds: one every ten minutes fills it within eight months. */
const TRIES_MAX = 32_767;

describe("a job that was put off for long", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  let play: Play;
  before(async () => {
    house = await openHouse({ modules: true });
    play = await openPlay(house.chain);
  });
  after(() => house.close());

  async function ask(seat: number): Promise<string> {
    const [ticketId = 0n] = play.ids(seat);
    const payload = { ticketId: ticketId.toString(), entry: 1 };
    const asked = { deployment: house.chain.deployment.id, eventId: MARKET_EVENT, payload };
    await askJobs(house.db, checkIns, [{ ...asked, key: checkInKey(payload) }]);
    await bringForward(house);
    return checkInKey(payload);
  }

  async function read(key: string) {
    return (await readJobs(house, "check-in")).find((job) => job.key === key);
  }

  it("is sent again when a transaction of its reverts", async () => {
    const key = await ask(1);
    const runner = openGateJobs(house);
    // Its ticket is not there yet, which the contract says each time.
    for (let round = 1; round <= 6; round += 1) {
      await runner.run();
      await bringForward(house);
    }
    expect(await read(key)).to.include({ state: "waiting", tries: 6 });
    await play.buy(await play.fan(), 1);
    await runner.run();
    const sent = await read(key);
    expect(sent?.state).to.equal("sent");
    await freeWaiting(house.db, { id: sent?.tx_id ?? 0n }, "reverted");
    expect(await read(key)).to.include({ state: "waiting", reason: "reverted" });
  });

  it("is put off once more, however often it was", async () => {
    const key = await ask(2);
    await house.db.query({
      text: "UPDATE sale.chain_job SET tries = $2 WHERE key = $1",
      values: [key, TRIES_MAX],
    });
    await openGateJobs(house).run();
    const { rows } = await house.db.query<{ later: boolean }>({
      text: "SELECT due_at > now() AS later FROM sale.chain_job WHERE key = $1",
      values: [key],
    });
    expect(rows).to.deep.equal([{ later: true }]);
    expect(await read(key)).to.include({ state: "waiting", tries: TRIES_MAX });
  });
});
