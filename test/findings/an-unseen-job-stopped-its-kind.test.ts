// Found: a job whose transaction was final, while the mirror never showed it, kept all later ones of its event waiting.
import { expect } from "chai";
import { checkIns } from "#server/gate/check-in.ts";
import { askJobs } from "#server/queue/job/ask-jobs.ts";
import { createJobRunner } from "#server/queue/job/job-runner.ts";
import { type House, openHouse } from "../support/house.ts";
import { bringForward, payoutSigner, readJobs } from "../support/job-work.ts";
import { finalise } from "../support/refund-work.ts";

const SUITE_LIMIT_MS = 60_000;
/** Its call does something else than what the mirror is looked at for. */
const strayed: typeof checkIns = {
  ...checkIns,
  callOf: async ({ signer }) => ({ to: signer, data: "0x", intent: "nothing" }),
};

describe("a job that the mirror never shows", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("is set aside once its transaction is final, and lets the next one go", async () => {
    const { deployment, eventId } = house.event;
    const ask = async (ticketId: string) => {
      const payload = { ticketId, entry: 1 };
      await askJobs(house.db, strayed, [{ deployment, key: ticketId, eventId, payload }]);
      await bringForward(house);
    };
    const deps = { ...house, holder: "strayed", signer: payoutSigner };
    const runner = createJobRunner(deps, (add) => add(strayed));
    const states = async () => (await readJobs(house, "check-in")).map(({ state }) => state);
    await ask("1");
    await runner.run();
    await finalise(house);
    await ask("2");
    await runner.run();
    expect(await states()).to.deep.equal(["sent", "waiting"]);
    await house.db.query({
      text: "UPDATE sale.chain_tx SET created_at = now() - interval '11 minutes'",
    });
    await runner.run();
    await bringForward(house);
    await runner.run();
    expect(await states()).to.deep.equal(["attention", "sent"]);
    const [first] = await readJobs(house, "check-in");
    expect(first?.reason).to.equal("its transaction is final, and the mirror shows nothing of it");
  });
});
