// A worker dies at every moment of what it does for an order: the next one ends it, with money and ticket or neither.
import { expect } from "chai";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { createMinter } from "#server/mint/mint-event.ts";
import { reopenVanished, settleLines } from "#server/mint/settle-lines.ts";
import { openMintStore } from "#server/mint/sql-mint-store.ts";
import { findDifferences } from "#server/pay/reconcile/find-differences.ts";
import { handleEvents } from "#server/pay/stripe/handle-events.ts";
import { sweepPayments } from "#server/pay/sweep-payments.ts";
import { endVouchers } from "#server/pay/voucher/end-vouchers.ts";
import { relayVouchers } from "#server/pay/voucher/relay-vouchers.ts";
import { settleVouchers } from "#server/pay/voucher/settle-vouchers.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { order as makeOrder, stalls } from "../support/buy.ts";
import { type DyingWorker, dyingWorker } from "../support/dying-worker.ts";
import { freeAgain, takeAllBut } from "../support/full-house.ts";
import type { House } from "../support/house.ts";
import { expectTruth } from "../support/money-truth.ts";
import { type Order, openStripeRig, type Rig, type StripeRig } from "../support/payment-rig.ts";
import { openRelayOrders, type TokenHouse } from "../support/relay-orders.ts";
import { openVoucherRig } from "../support/voucher-rig.ts";
import {
  type CoinHouse,
  finalise,
  openTokenHouse,
  settle as settleChain,
} from "../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 90_000;
const SEATS_PER_ROW = 14;
/** More than any of the works has: an end that does not come is a bug of this suite. */
const MOMENTS_MAX = 60;
/** Before, within and after a transaction: with fewer the worker was not watched. */
const MOMENTS_MIN = 3;

const MINT_LIMIT_MS = 10_000;

const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.minter).privateKey);

interface Work<T> {
  begin(): Promise<T>;
  /** By a worker that may die of it; what it throws then is its death. */
  run(worker: DyingWorker, made: T): Promise<unknown>;
  /** By one that lives. */
  repair(made: T): Promise<unknown>;
  judge(made: T): Promise<unknown>;
}

async function dieEverywhere<T>(house: House, work: Work<T>): Promise<void> {
  for (let moment = 1; moment <= MOMENTS_MAX; moment += 1) {
    const made = await work.begin();
    const worker = dyingWorker({ ...house, signer }, moment);
    await endLeases(house);
    await work.run(worker, made).catch((error: Error) => {
      if (!worker.isDead()) throw error;
    });
    await endLeases(house);
    try {
      await work.repair(made);
      await work.judge(made);
    } catch (cause) {
      throw new Error(`dead at moment ${moment}: ${(cause as Error).message}`, { cause });
    }
    if (worker.isDead()) continue;
    expect(moment, "moments").to.be.greaterThan(MOMENTS_MIN);
    return;
  }
  throw new Error(`it still died after ${MOMENTS_MAX} moments`);
}

/** What dies first is whole again only if somebody comes after it. */
async function expectRuin<T>(house: House, work: Work<T>): Promise<void> {
  const alone = dieEverywhere(house, { ...work, repair: async () => undefined });
  const error = await alone.catch((found: Error) => found);
  expect(String(error)).to.match(/dead at moment 1:/);
}

/** A dead worker's lane is another's once its lease is over. */
async function endLeases({ db }: House): Promise<void> {
  await db.query({ text: "UPDATE sale.nonce_lane SET leased_until = now() - interval '1 s'" });
}

function seatsInTurn(): () => number[] {
  let seats = 0;
  return () => {
    const at = seats;
    seats += 1;
    return stalls(1 + Math.floor(at / SEATS_PER_ROW), 1 + (at % SEATS_PER_ROW));
  };
}

/** An equal seat that an order was given may be one whose turn was still to come. */
async function nextFree({ db, event }: House, next: () => number[]): Promise<number[]> {
  for (;;) {
    const seats = next();
    const { rowCount } = await db.query({
      text: `SELECT 1 FROM sale.claim WHERE deployment = $1 AND event_id = $2
               AND seat = ANY ($3) AND expires_at > now()`,
      values: [event.deployment, event.eventId, seats],
    });
    if (rowCount === 0) return seats;
  }
}

async function orderAt(house: House, seats: number[]): Promise<Order> {
  const fan = await house.fan();
  const { id } = await makeOrder(house, fan, seats);
  return { id, buyer: fan.account.address.toLowerCase() as `0x${string}` };
}

/** Its queue and its provider are effects as well. */
function payDeps(worker: DyingWorker, house: House) {
  const { provider, queue } = house;
  return {
    ...{ ...house, ...worker.deps },
    queue: { ...queue, wake: () => worker.around(() => queue.wake(house.event)) },
    provider: {
      ...provider,
      close: (payment: Parameters<typeof provider.close>[0]) =>
        worker.around(() => provider.close(payment)),
      capture: (payment: Parameters<typeof provider.capture>[0]) =>
        worker.around(() => provider.capture(payment)),
      void: (payment: Parameters<typeof provider.void>[0]) =>
        worker.around(() => provider.void(payment)),
    },
  };
}

async function lapse({ db, redis }: House, { id }: Order): Promise<void> {
  for (const text of [
    "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
    `UPDATE sale.claim SET expires_at = now() - interval '1 s'
     WHERE order_id = $1 AND expires_at <> 'infinity'`,
  ]) {
    await db.query({ text, values: [id] });
  }
  await redis.flushdb();
}

describe("a worker that dies while it follows Stripe", function () {
  this.timeout(SUITE_LIMIT_MS);
  let rig: StripeRig;
  const nextSeat = seatsInTurn();
  before(async () => {
    rig = await openStripeRig();
  });
  after(() => rig.close());

  const stripe = () => rig.house.stripe?.client as never;
  const paidAtStripe = async (seats?: number[]) => {
    const order = await orderAt(rig.house, seats ?? (await nextFree(rig.house, nextSeat)));
    await rig.pay(order, { told: "never" });
    return order;
  };

  it("handles an event: the money is taken and the tickets are owed, once", async () => {
    await dieEverywhere(rig.house, {
      begin: async () => {
        const order = await orderAt(rig.house, nextSeat());
        const { redirectUrl } = await rig.press(order);
        rig.fake.pay(String(redirectUrl));
        await rig.fake.deliver(rig.house.url);
        return order;
      },
      run: (worker) => handleEvents({ ...payDeps(worker, rig.house), stripe: stripe() }),
      repair: () => rig.sweep(),
      judge: async (order) => expect(await expectTruth(rig, order)).to.equal(true),
    });
  });

  const sweptPayment: Work<Order> = {
    begin: async () => {
      const order = await paidAtStripe();
      await age(rig.house);
      return order;
    },
    run: (worker) => sweepPayments(payDeps(worker, rig.house)),
    repair: () => rig.sweep(),
    judge: async (order) => expect(await expectTruth(rig, order)).to.equal(true),
  };

  it("sweeps a payment that nobody told of", () => dieEverywhere(rig.house, sweptPayment));

  /** The seat went to somebody else while the money was on its way. */
  const paidTooLate = async () => {
    const seats = await nextFree(rig.house, nextSeat);
    const order = await paidAtStripe(seats);
    await lapse(rig.house, order);
    await orderAt(rig.house, seats);
    await age(rig.house);
    return order;
  };
  const sweepTwice = async () => {
    await rig.sweep();
    await rig.sweep();
  };

  it("gives an equal seat for one that is another's by now", async () => {
    await dieEverywhere(rig.house, {
      begin: paidTooLate,
      run: (worker) => sweepPayments(payDeps(worker, rig.house)),
      repair: sweepTwice,
      judge: async (order) => expect(await expectTruth(rig, order)).to.equal(true),
    });
  });

  it("gives back what was authorised when no equal seat is free", async () => {
    await dieEverywhere(rig.house, {
      begin: async () => {
        await freeAgain(rig.house);
        const order = await paidTooLate();
        await takeAllBut(rig.house, []);
        return order;
      },
      run: (worker) => sweepPayments(payDeps(worker, rig.house)),
      repair: sweepTwice,
      judge: async (order) => expect(await expectTruth(rig, order)).to.equal(false),
    });
    await freeAgain(rig.house);
  });

  it("would leave money without a ticket if nobody came after it (so this test can fail)", async () => {
    await expectRuin(rig.house, sweptPayment);
    await rig.sweep();
  });

  it("mints every ticket once, for who paid it", async () => {
    const { house } = rig;
    await dieEverywhere(house, {
      begin: async () => {
        const order = await paidAtStripe();
        await rig.sweep();
        return order;
      },
      run: (worker) => {
        const key = { ...worker.deps, log: house.log, holder: "the dying one" };
        return createMinter({
          ...{ ...key, store: openMintStore(key.db) },
          signers: [key.signer],
          metrics: createMetrics("test"),
        }).mintWaiting();
      },
      repair: ({ id }) => mintAll(id),
      judge: async ({ id, buyer }) => {
        const { rows } = await house.db.query<{ state: string; owner: string }>({
          text: `SELECT o.state, ticket.owner FROM sale.order o
                 JOIN sale.mint_line line ON line.order_id = o.id
                 JOIN mirror.ticket ON ticket.deployment = line.deployment
                   AND ticket.ticket_id = line.ticket_id
                 WHERE o.id = $1`,
          values: [id],
        });
        expect(rows).to.deep.equal([{ state: "fulfilled", owner: buyer }]);
      },
    });
    const { rows } = await house.db.query<{ moved: number; owed: number }>({
      text: `SELECT (SELECT count(*)::int FROM mirror.transfer) AS moved,
                    (SELECT count(*)::int FROM sale.mint_line) AS owed`,
    });
    expect(rows[0]?.moved, "one transfer each").to.equal(rows[0]?.owed);
  });

  it("leaves books that agree", async () => {
    expect((await findDifferences(rig.house.db)).differences).to.deep.equal([]);
  });

  async function mintAll(id: string): Promise<void> {
    const { house } = rig;
    const endMs = systemClock.monotonicMs() + MINT_LIMIT_MS;
    for (;;) {
      await house.minter.mintWaiting();
      await recoverAged(house);
      await house.mirror();
      await settleLines(house);
      await reopenVanished(house);
      const { rows } = await house.db.query<{ state: string }>({
        text: "SELECT state FROM sale.mint_line WHERE order_id = $1",
        values: [id],
      });
      if (rows.every(({ state }) => state === "minted")) return;
      expect(systemClock.monotonicMs(), rows[0]?.state).to.be.lessThan(endMs);
    }
  }

  async function age({ db }: House): Promise<void> {
    await db.query({
      text: "UPDATE sale.payment SET updated_at = updated_at - interval '1 minute'",
    });
  }
});

describe("a worker that dies over vouchers", function () {
  this.timeout(SUITE_LIMIT_MS);
  let rig: Rig;
  let house: CoinHouse;
  const nextSeat = seatsInTurn();
  before(async () => {
    rig = await openVoucherRig();
    house = rig.house as CoinHouse;
  });
  after(() => rig.close());

  const boughtOnChain: Work<Order> = {
    begin: async () => {
      const order = await orderAt(house, nextSeat());
      await rig.pay(order, { told: "never" });
      await house.mirror();
      return order;
    },
    run: (worker) => settleVouchers(payDeps(worker, house)),
    repair: () => rig.sweep(),
    judge: async (order) => expect(await expectTruth(rig, order)).to.equal(true),
  };

  it("posts what was bought on chain, once", () => dieEverywhere(house, boughtOnChain));

  it("would leave it off the books if nobody came after it (so this test can fail)", async () => {
    await expectRuin(house, boughtOnChain);
    await rig.sweep();
  });

  it("ends what nobody bought, and the seat is the next one's", async () => {
    await dieEverywhere(house, {
      begin: async () => {
        const seats = nextSeat();
        const order = await orderAt(house, seats);
        await rig.press(order);
        await lapse(house, order);
        await house.passDeadlines();
        await finalise(house);
        return { order, seats };
      },
      run: (worker) => endVouchers(payDeps(worker, house)),
      repair: async ({ order }) => {
        await rig.sweep();
        await lapse(house, order);
      },
      judge: async ({ order, seats }) => {
        expect(await expectTruth(rig, order)).to.equal(false);
        await orderAt(house, seats);
      },
    });
  });
});

describe("a worker that dies while it relays", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: TokenHouse;
  let orders: ReturnType<typeof openRelayOrders>;
  before(async () => {
    house = await openTokenHouse();
    orders = openRelayOrders(house);
  });
  after(() => house.close());

  const handedIn: Work<Parameters<typeof orders.read>[0]> = {
    begin: async () => {
      const order = await orders.newOrder();
      await orders.handIn(order);
      return order;
    },
    run: (worker) => {
      const key = { ...worker.deps, log: house.log, holder: "the dying one" };
      const minter = createMinter({
        ...{ ...key, store: openMintStore(key.db) },
        signers: [key.signer],
        metrics: createMetrics("test"),
      });
      return relayVouchers(key, minter.lanes);
    },
    repair: async () => {
      await orders.relay();
      await recoverAged(house);
      await settleChain(house);
    },
    judge: async (order) => {
      expect((await orders.read(order)).state).to.equal("fulfilled");
      const wanted = { relay: "sent", sent: 1, tx: "included" };
      expect(await orders.relayOf(order)).to.deep.equal(wanted);
    },
  };

  it("sends each order once, and its buyer pays it once", () => dieEverywhere(house, handedIn));

  it("would leave an order unsent if nobody came after it (so this test can fail)", () =>
    expectRuin(house, handedIn));
});

/** As if a node had been silent about what was sent for longer than one waits. */
async function recoverAged(house: House): Promise<void> {
  await house.db.query({
    text: `UPDATE sale.chain_tx SET sent_at = sent_at - interval '1 minute',
                                    created_at = created_at - interval '1 minute'
           WHERE state IN ('signed', 'sent')`,
  });
  await recoverTransactions(house);
}
