// A worker that dies at any moment of a refund: the next one ends it, and the money goes once.
import { expect } from "chai";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { Client } from "#scripts/demo-client.ts";
import { packSeat, parseTicketId } from "#server/domain/ticket-id.ts";
import type { PaymentProvider } from "#server/pay/provider.ts";
import { createRefunder } from "#server/pay/refund/refunder.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { buy, mint } from "../support/buy.ts";
import { dyingWorker } from "../support/dying-worker.ts";
import { type House, openHouse } from "../support/house.ts";
import {
  askBack,
  booksOf,
  finalise,
  hasten,
  refunderSigner,
  workOff,
} from "../support/refund-work.ts";
import { isThorough } from "../support/variables.ts";

/**
 * Every other moment: what one leaves that dies after an effect, the next one leaves that dies
 * before its next effect. The contract voids no more than fifty tickets of an event in a day.
 */
const STRIDE = isThorough() ? 2 : 7;
const DEATHS_MIN = isThorough() ? 15 : 6;
const ORDERS_MAX = 49;
const ROUNDS_MAX = 8;

describe("refunds by workers that die", () => {
  let house: House;
  let staff: Client;
  const paidBack = new Map<string, bigint>();
  before(async () => {
    house = await openHouse();
    staff = await house.organiser();
  });
  after(() => house.close());

  /** Remembers what it gave back, once for each of our keys. */
  const provider = (around: <T>(effect: () => Promise<T>) => Promise<T>): PaymentProvider => ({
    ...house.provider,
    payBack: (payment, wish) =>
      around(async () => {
        paidBack.set(`${wish.refundId}:${wish.attempt}`, wish.amount);
        return house.provider.payBack(payment, wish);
      }),
  });

  async function endLeases(): Promise<void> {
    await house.db.query({
      text: "UPDATE sale.nonce_lane SET leased_until = now() - interval '1 s'",
    });
  }

  /** True when it died before the refund was done. */
  async function runUntilDeath(moment: number, orderId: string): Promise<boolean> {
    const worker = dyingWorker({ ...house, signer: refunderSigner }, moment);
    const { db, ...key } = worker.deps;
    const refunder = createRefunder({
      ...{ db, redis: house.redis, log: house.log, provider: provider(worker.around) },
      key: { db, ...key, holder: `worker-${moment}` },
    });
    for (let round = 1; round <= ROUNDS_MAX; round += 1) {
      await hasten(house);
      await refunder.refundDue().catch((error: Error) => {
        if (error.message !== "the worker is dead") throw error;
      });
      if (worker.isDead()) return true;
      if ((await stateOf(orderId))?.line === "freed") return false;
      await recoverTransactions(house);
      await finalise(house);
    }
    return false;
  }

  it("end whole, wherever one died", async () => {
    const orders: { id: string; tickets: string[] }[] = [];
    let died = true;
    for (let moment = 1; died && orders.length < ORDERS_MAX; moment += STRIDE) {
      const fan = await house.fan();
      const at = orders.length;
      const seat = packSeat({ section: 1, row: 1 + Math.floor(at / 14), seat: 1 + (at % 14) });
      const { id } = await buy(house, fan, [seat]);
      const order = await mint(house, fan, id);
      const tickets = order.lines.map(({ ticketId }) => ticketId);
      orders.push({ id, tickets });
      await askBack(staff, order, tickets);
      died = await runUntilDeath(moment, id);
      await endLeases();
      // Else the next one to die would die of what this one left.
      await workOff(house, createRefunder(alive()));
      await endLeases();
    }
    // How many moments there are depends on how often a slow chain is looked at: those that were
    // reached are what counts.
    expect(orders.length).to.be.greaterThan(DEATHS_MIN);
    for (const { id } of orders) {
      expect(await stateOf(id), id).to.deep.equal({ state: "refunded", line: "freed", issue: 1 });
      expect(await booksOf(house, id)).to.deep.equal({ provider: 0n, all: 0n });
    }
    expect(paidBack.size, "each was given back under one key").to.equal(orders.length);
    await expectVoidOnce(orders.flatMap(({ tickets }) => tickets));
  }).timeout(240_000);

  function alive() {
    const { db, redis, log, chains } = house;
    const key = { db, chains, signer: refunderSigner, holder: "the last one" };
    return { db, redis, log, provider: provider((effect) => effect()), key };
  }

  async function stateOf(orderId: string) {
    const { rows } = await house.db.query<{ state: string; line: string; issue: number }>({
      text: `SELECT o.state, line.state AS line, claim.issue FROM sale.order o
             JOIN sale.refund_line line ON line.order_id = o.id
             JOIN sale.claim ON claim.deployment = line.deployment
               AND claim.event_id = line.event_id AND claim.seat = line.seat
             WHERE o.id = $1`,
      values: [orderId],
    });
    return rows[0];
  }

  async function expectVoidOnce(tickets: readonly string[]): Promise<void> {
    const { tickets: address, startBlock } = house.chain.deployment;
    const logs = await house.chain.client.getContractEvents({
      ...{ address, abi: ticketsAbi, eventName: "TicketVoided", fromBlock: BigInt(startBlock) },
    });
    const voided = logs.map(({ args }) => args.id).sort();
    expect(voided).to.deep.equal(tickets.map((id) => parseTicketId(id).ticketId).sort());
  }
});
