// Each guard of jobs taken away in turn: what two workers then send for one thing that is due.
import { expect } from "chai";
import { leaveLanes } from "#server/platform/tx/lane.ts";
import { startAnvil } from "../support/anvil.ts";
import { type House, openHouse } from "../support/house.ts";
import { openPayoutJobs, payoutSigner, readJobs, workJobs } from "../support/job-work.ts";
import { FACE_WEI, openPlay, type Play } from "../support/market.ts";
import {
  type Drop,
  dropKey,
  LANE_FENCE,
  LANE_LEASE,
  LOCK_LANE,
  meeting,
  tamper,
} from "../support/unguarded.ts";

const JOB_STATE: Drop = ["WHERE id = ANY ($1) AND state = 'waiting'", "WHERE id = ANY ($1)"];
const ONCE: Drop = ["ON CONFLICT (deployment, kind, key) DO NOTHING", ""];

describe("jobs without a guard", () => {
  let anvil: Awaited<ReturnType<typeof startAnvil>>;
  let house: House;
  let play: Play;
  let seats = 0;
  before(async () => {
    anvil = await startAnvil({ chainId: 31_337, args: ["--accounts", "30"] });
    const through = async (service: string, url: string) => (service === "chain" ? anvil.url : url);
    house = await openHouse({ modules: true, finality: 10, through });
    play = await openPlay(house.chain);
    await play.lockSplit();
  });
  after(async () => {
    await house.close();
    await anvil.stop();
  });

  /** A pot that waits for its payout, and nothing else that does. */
  async function filled(): Promise<void> {
    await workJobs(house, openPayoutJobs(house));
    for (const holder of ["payout", "one", "other"]) await leaveLanes(house.db, holder);
    await house.db.query({
      text: "UPDATE sale.chain_job SET created_at = created_at - interval '61 minutes'",
    });
    seats += 1;
    const fan = await play.fan();
    await play.buy(fan, seats);
    const [id] = play.ids(seats) as [bigint];
    await play.sell({ from: fan, to: await play.fan(), id, price: 2n * FACE_WEI });
    await house.mirror();
  }

  /** How the transactions of two workers end that have both tried before either stores. */
  async function race(drop: readonly Drop[], words = LOCK_LANE): Promise<string[]> {
    await filled();
    const db = tamper(house.db, {
      drop: [LANE_LEASE, ...drop],
      before: { words, wait: meeting(2) },
    });
    const { rows: before } = await house.db.query<{ last: bigint }>({
      text: "SELECT coalesce(max(id), 0) AS last FROM sale.chain_tx",
    });
    const racers = ["one", "other"].map((holder) => openPayoutJobs(house, { db, holder }));
    await Promise.all(racers.map((racer) => racer.run()));
    const { rows } = await house.db.query<{ hash: `0x${string}` }>({
      text: "SELECT hash FROM sale.chain_tx WHERE signer = $1 AND id > $2 ORDER BY nonce",
      values: [payoutSigner.address, before[0]?.last],
    });
    const receipts = await Promise.all(
      rows.map(({ hash }) => house.chain.client.waitForTransactionReceipt({ hash })),
    );
    return receipts.map(({ status }) => status);
  }

  it("pay a pot out once by the fence, and once by the job's state", async () => {
    // The first round anchors the audit log as well, which is not what is counted here.
    await workJobs(house, openPayoutJobs(house));
    expect(await race([JOB_STATE])).to.deep.equal(["success"]);
    expect(await race([LANE_FENCE])).to.deep.equal(["success"]);
  });

  it("would pay for two transactions without both (so this test can fail)", async () => {
    expect(await race([LANE_FENCE, JOB_STATE])).to.deep.equal(["success", "reverted"]);
  });

  // The last one: the key is gone with it.
  it("would have two jobs for one pot without the key (so this test can fail)", async () => {
    const ask = async (drop: readonly Drop[]) => {
      await filled();
      const before = { words: "INSERT INTO sale.chain_job", wait: meeting(2) };
      const db = tamper(house.db, { drop, before });
      const racers = ["one", "other"].map((holder) => openPayoutJobs(house, { db, holder }));
      await Promise.all(racers.map((racer) => racer.run()));
      const keys = (await readJobs(house, "royalties")).map(({ key }) => key);
      return keys.filter((key) => key === keys.at(-1)).length;
    };
    expect(await ask([])).to.equal(1);
    await dropKey(house, "sale.chain_job", "chain_job_deployment_kind_key_key");
    expect(await ask([ONCE])).to.equal(2);
  });
});
