// Each guard of publishing taken away in turn: what the chain is then told twice, or without our knowing.
import { expect } from "chai";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { Client } from "#scripts/demo-client.ts";
import { finishPublishing } from "#scripts/seed-publish.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import type { EventRef } from "#server/domain/ticket-id.ts";
import { createPublisher } from "#server/event/publish/publisher.ts";
import { createLocalSigner, type Signer } from "#server/platform/tx/signer.ts";
import { mineBlocks } from "../support/chain.ts";
import { dyingWorker } from "../support/dying-worker.ts";
import { type House, openHouse } from "../support/house.ts";
import { beginPublishing } from "../support/organise.ts";
import {
  type Drop,
  hastySigner,
  LANE_FENCE,
  LANE_LEASE,
  LOCK_LANE,
  meeting,
  tamper,
} from "../support/unguarded.ts";

const STEP_STATE: Drop = ["AND step = $3 AND state = 'waiting'", "AND step = $3"];
/** Before the first effect, within the first transaction, and after the first broadcast. */
const DEATHS = [1, 4, 8];

const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.organiser).privateKey);

describe("publishing without a guard", () => {
  let house: House;
  let operator: Client;
  let payee: Client;
  before(async () => {
    house = await openHouse({ modules: true });
    operator = await house.operator();
    payee = await house.fan();
  });
  after(() => house.close());

  /** What was sent is in a block, and whoever comes next need not wait for a lease to end. */
  async function goOn(): Promise<void> {
    await mineBlocks(house.chain, 1);
    await house.db.query({ text: "DELETE FROM sale.nonce_lane" });
  }

  const publisherOf = (db: House["db"], holder: string, signs: Signer = signer) =>
    createPublisher({ ...house, db, signer: signs, holder });

  async function hashesOf({ eventId }: EventRef, step: string): Promise<`0x${string}`[]> {
    const { rows } = await house.db.query<{ hash: `0x${string}` }>({
      text: "SELECT hash FROM sale.chain_tx WHERE intent LIKE $1",
      values: [`${step} event ${eventId}`],
    });
    return rows.map(({ hash }) => hash);
  }

  /** Two workers that know the market as not set, before either stores that it sets it. */
  async function raceForMarket(drop: readonly Drop[]) {
    const event = await beginPublishing(house, { operator, payee });
    await goOn();
    await publisherOf(house.db, "first").publishEvent(event);
    await goOn();
    const before = { words: LOCK_LANE, wait: meeting(2) };
    const db = tamper(house.db, { drop: [LANE_LEASE, ...drop], before });
    const racers = ["one", "other"].map((holder) => publisherOf(db, holder));
    await Promise.all(racers.map((racer) => racer.publishEvent(event)));
    const sent = await hashesOf(event, "market");
    const { client, deployment } = house.chain;
    await Promise.all(sent.map((hash) => client.waitForTransactionReceipt({ hash })));
    const logs = await client.getContractEvents({
      ...{ address: deployment.tickets, abi: ticketsAbi, eventName: "MarketSet" },
      ...{ args: { eventId: BigInt(event.eventId) }, fromBlock: BigInt(deployment.startBlock) },
    });
    return { sent: sent.length, set: logs.length };
  }

  it("sets a market once by the fence, and once by the step's state", async () => {
    expect(await raceForMarket([STEP_STATE])).to.deep.equal({ sent: 1, set: 1 });
    expect(await raceForMarket([LANE_FENCE])).to.deep.equal({ sent: 1, set: 1 });
  });

  it("would set a market twice without both (so this test can fail)", async () => {
    expect(await raceForMarket([LANE_FENCE, STEP_STATE])).to.deep.equal({ sent: 2, set: 2 });
  });

  it("would stay half published if nobody came after a death (so this test can fail)", async () => {
    for (const moment of DEATHS) {
      await goOn();
      const event = await beginPublishing(house, { operator, payee });
      const { deps, isDead } = dyingWorker({ ...house, signer }, moment);
      const holder = `dying at ${moment}`;
      await createPublisher({ ...house, ...deps, holder }).publishEvent(event);
      expect(isDead(), `moment ${moment}`).to.equal(true);
      const { rows } = await house.db.query<{ state: string }>({
        text: "SELECT state FROM sale.event WHERE id = $1",
        values: [event.eventId],
      });
      expect(rows).to.deep.equal([{ state: "publishing" }]);
    }
  });

  /** How many transactions the chain has of our key that we know nothing of. */
  async function unknownAfter(first: (event: EventRef) => Promise<void>): Promise<number> {
    const event = await beginPublishing(house, { operator, payee });
    const { client } = house.chain;
    const count = () => client.getTransactionCount({ address: signer.address });
    await goOn();
    const before = await count();
    await first(event);
    await goOn();
    await finishPublishing(house, event);
    return (await count()) - before - (await hashesOf(event, "%")).length;
  }

  it("knows every transaction of its key that is on chain", async () => {
    const publish = (event: EventRef) => publisherOf(house.db, "first").publishEvent(event);
    expect(await unknownAfter(publish)).to.equal(0);
  });

  it("would not know one that was sent before it was stored (so this test can fail)", async () => {
    const hasty = hastySigner(house, signer);
    const publish = (event: EventRef) => publisherOf(house.db, "hasty", hasty).publishEvent(event);
    expect(await unknownAfter(publish)).to.equal(1);
  });
});
