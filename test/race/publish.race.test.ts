// A worker that dies at any moment of publishing: the next one ends it, and nothing is on chain twice.
import { expect } from "chai";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { Client } from "#scripts/demo-client.ts";
import { finishPublishing } from "#scripts/seed-publish.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import type { EventRef } from "#server/domain/ticket-id.ts";
import { createPublisher } from "#server/event/publish/publisher.ts";
import { systemClock } from "#server/platform/clock.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { reorgAfter } from "../support/chain.ts";
import { dyingWorker } from "../support/dying-worker.ts";
import { type House, openHouse } from "../support/house.ts";
import { beginPublishing } from "../support/organise.ts";
import { isThorough } from "../support/variables.ts";

/** More moments than publishing has; the last events are then published by one that lives. */
const MOMENTS_MAX = 60;
const STRIDE = isThorough() ? 1 : 3;
const DEATHS_MIN = isThorough() ? 20 : 7;
const RUN_LIMIT_MS = 20_000;
const POLL_MS = 20;

describe("publishing by workers that die", () => {
  let house: House;
  let operator: Client;
  let payee: Client;
  const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.organiser).privateKey);
  before(async () => {
    house = await openHouse({ modules: true });
    operator = await house.operator();
    payee = await house.fan();
  });
  after(() => house.close());

  async function stateOf({ eventId }: EventRef): Promise<string | undefined> {
    const { rows } = await house.db.query<{ state: string }>({
      text: "SELECT state FROM sale.event WHERE id = $1",
      values: [eventId],
    });
    return rows[0]?.state;
  }

  /** True when it died before it was done. */
  async function runUntilDeath(event: EventRef, moment: number): Promise<boolean> {
    const worker = dyingWorker({ ...house, signer }, moment);
    const holder = `worker-${event.eventId}`;
    const publisher = createPublisher({ ...house, ...worker.deps, holder });
    const endMs = systemClock.monotonicMs() + RUN_LIMIT_MS;
    while (systemClock.monotonicMs() < endMs) {
      await publisher.publishEvent(event);
      if (worker.isDead()) return true;
      if ((await stateOf(event)) === "published") return false;
      await systemClock.sleep(POLL_MS);
    }
    throw new Error(`a worker neither died nor published within ${RUN_LIMIT_MS} ms`);
  }

  it("ends published, each step by one transaction, wherever one died", async () => {
    const events: EventRef[] = [];
    let died = true;
    for (let moment = 1; died && moment <= MOMENTS_MAX; moment += STRIDE) {
      const event = await beginPublishing(house, { operator, payee });
      events.push(event);
      died = await runUntilDeath(event, moment);
      // What waits for a lease or for silence need not be waited for here.
      await house.db.query({
        text: "UPDATE sale.nonce_lane SET leased_until = now() - interval '1 s'",
      });
      await house.db.query({
        text: `UPDATE sale.chain_tx SET created_at = created_at - interval '1 minute',
                                        sent_at = sent_at - interval '1 minute'`,
      });
      // As the next worker's first sweep does.
      await recoverTransactions(house);
    }
    await finishAll(events);
    expect(died, "one of them lived").to.equal(false);
    expect(events.length).to.be.greaterThan(DEATHS_MIN);
    for (const event of events) expect(await stateOf(event)).to.equal("published");
    await expectOnce(events);
  }).timeout(240_000);

  /** One worker that lives, for all that the others left behind. */
  async function finishAll(events: readonly EventRef[]): Promise<void> {
    const publisher = createPublisher({ ...house, signer, holder: "the last one" });
    const endMs = systemClock.monotonicMs() + RUN_LIMIT_MS;
    while (systemClock.monotonicMs() < endMs) {
      await publisher.publishWaiting();
      const states = await Promise.all(events.map(stateOf));
      if (states.every((state) => state === "published")) return;
      await systemClock.sleep(POLL_MS);
    }
  }

  async function expectOnce(events: readonly EventRef[]): Promise<void> {
    const { tickets, modules, startBlock } = house.chain.deployment;
    const splits = modules?.splits;
    const fromBlock = BigInt(startBlock);
    const { client } = house.chain;
    const created = await client.getContractEvents({
      ...{ address: tickets, abi: ticketsAbi, eventName: "EventCreated", fromBlock },
    });
    const markets = await client.getContractEvents({
      ...{ address: tickets, abi: ticketsAbi, eventName: "MarketSet", fromBlock },
    });
    const locked = await client.getContractEvents({
      ...{ address: splits as `0x${string}`, abi: splitsAbi, eventName: "SplitLocked", fromBlock },
    });
    for (const { eventId } of events) {
      const ofEvent = (logs: readonly { args: { eventId?: bigint | undefined } }[]) =>
        logs.filter(({ args }) => args.eventId === BigInt(eventId)).length;
      expect(
        [ofEvent(created), ofEvent(markets), ofEvent(locked)],
        `event ${eventId}`,
      ).to.deep.equal([1, 1, 1]);
    }
    const { rows } = await house.db.query<{ nonce: bigint; state: string; intent: string }>({
      text: "SELECT nonce, state, intent FROM sale.chain_tx ORDER BY nonce",
    });
    const first = rows[0]?.nonce ?? 0n;
    expect(rows.map(({ nonce }) => nonce)).to.deep.equal(rows.map((_, at) => first + BigInt(at)));
    expect(new Set(rows.map(({ intent }) => intent)).size).to.equal(rows.length);
    expect(new Set(rows.map(({ state }) => state))).to.deep.equal(new Set(["included"]));
  }

  it("sends the same bytes again when a reorg takes the event away", async () => {
    const event = await beginPublishing(house, { operator, payee });
    const before = await house.chain.client.getBlockNumber();
    await finishPublishing(house, event);
    const hashes = async () =>
      (
        await house.db.query<{ hash: string }>({
          text: "SELECT hash FROM sale.chain_tx WHERE intent LIKE $1 ORDER BY id",
          values: [`% event ${event.eventId}`],
        })
      ).rows;
    const sent = await hashes();
    await reorgAfter(house.chain, before);
    expect(await isOnChain(event)).to.equal(false);
    const publisher = createPublisher({ ...house, signer, holder: "after the reorg" });
    await publisher.reopenVanished();
    await finishPublishing(house, event);
    expect(await isOnChain(event)).to.equal(true);
    expect(await hashes()).to.deep.equal(sent);
    expect(await stateOf(event)).to.equal("published");
  }).timeout(60_000);

  async function isOnChain({ eventId }: EventRef): Promise<boolean> {
    const call = { address: house.chain.deployment.tickets, abi: ticketsAbi } as const;
    return house.chain.client
      .readContract({ ...call, functionName: "eventOf", args: [BigInt(eventId)] })
      .then(
        () => true,
        () => false,
      );
  }
});
