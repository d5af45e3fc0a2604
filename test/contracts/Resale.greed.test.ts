// Checks that payees whom a token calls while it pays them are paid once, whatever they call back.
import { expect } from "chai";
import type { BaseContract } from "ethers";
import { lockSplit, type Market, marketFixture, offer, TOKEN_FACE } from "./resale-fixture.ts";
import { createEvent, ethers, loadFixture, mint, seatId, ZERO } from "./tickets-fixture.ts";

const SHARES = [3_333, 3_333, 3_334];
const EVENT_SHARED = 8n;
const PRICE = TOKEN_FACE - 7n;
const SHARE = ((PRICE / 10n) * 3_333n) / 10_000n;
const ROYALTY = PRICE / 10n;
const REST = PRICE - ROYALTY;

/** What a payee asks of the market and of the tickets while it is paid. */
const CALLS = {
  distribute: ({ resale, currency, split }) =>
    resale.interface.encodeFunctionData("distribute", [EVENT_SHARED, currency, split]),
  withdraw: ({ resale, currency, payee }) =>
    resale.interface.encodeFunctionData("withdraw", [payee.target, currency]),
  buy: ({ resale, free, payee }) =>
    resale.interface.encodeFunctionData("buy", [free.ask, payee.target, free.signature]),
} as const satisfies Record<string, (stage: Greedy) => string>;

/** Three ways in which a payee is paid in a token that calls it, and what each pays it. */
const PAYOUTS = {
  "a share": {
    prepare: owedByThePot,
    pay: ({ resale, currency, split }: Greedy) => resale.distribute(EVENT_SHARED, currency, split),
    amount: SHARE,
  },
  "the rest of a sale": {
    prepare: sellerWithAsk,
    pay: ({ resale, bob, sale }: Greedy) => resale.connect(bob).buy(sale.ask, bob, sale.signature),
    amount: REST,
  },
  "its credit": {
    prepare: owedAsCredit,
    pay: ({ resale, currency, payee }: Greedy) => resale.withdraw(payee, currency),
    amount: SHARE,
  },
} as const;

describe("Resale", () => {
  for (const [payout, { prepare, pay, amount }] of Object.entries(PAYOUTS)) {
    describe(`distribute, withdraw and buy, by a payee that is just paid ${payout}`, () => {
      for (const [method, callOf] of Object.entries(CALLS)) {
        it(`refuses ${method} by name, and pays once`, async () => {
          const stage = await loadFixture(prepare);
          const { resale, token, payee } = stage;
          await payee.getFunction("want")(resale, callOf(stage));
          const before = await moneyOf(stage);
          await pay(stage);
          const after = await moneyOf(stage);
          expect(await payee.getFunction("calls")()).to.equal(1n);
          expect(await payee.getFunction("succeeded")()).to.equal(false);
          const refusal = await payee.getFunction("refusal")();
          expect(resale.interface.parseError(refusal)?.name).to.equal(
            "ReentrancyGuardReentrantCall",
          );
          expect(after.payee - before.payee).to.equal(amount);
          expect(after.held).to.equal(after.pot + after.owed);
          expect(await token.getFunction("balanceOf")(resale)).to.equal(after.held);
        });
      }
    });

    describe(`settle, by a payee that is just paid ${payout}`, () => {
      it("is refused by name to whom the ask does not name", async () => {
        const stage = await loadFixture(prepare);
        const { tickets, resale, payee, free } = stage;
        const { ask, signature } = free;
        const data = tickets.interface.encodeFunctionData("settle", [ask, payee.target, signature]);
        await payee.getFunction("want")(tickets, data);
        const before = await moneyOf(stage);
        await pay(stage);
        const after = await moneyOf(stage);
        const error = tickets.interface.parseError(await payee.getFunction("refusal")());
        expect(error?.name).to.equal("TicketsNotAskMarket");
        expect(error?.args.toArray()).to.deep.equal([payee.target, await resale.getAddress()]);
        expect(after.payee - before.payee).to.equal(amount);
        expect(after.held).to.equal(after.pot + after.owed);
      });

      it("moves a ticket and no money when the payee is a market of its own", async () => {
        const stage = await loadFixture(prepare);
        const { tickets, payee, alice } = stage;
        const market = String(payee.target);
        const { ask, signature } = await offer(stage, { id: stage.spareId, market, price: PRICE });
        const data = tickets.interface.encodeFunctionData("settle", [ask, market, signature]);
        await payee.getFunction("want")(tickets, data);
        expect(await tickets.ownerOf(stage.spareId)).to.equal(alice);
        const before = await moneyOf(stage);
        await pay(stage);
        const after = await moneyOf(stage);
        expect(await payee.getFunction("succeeded")()).to.equal(true);
        expect(await tickets.ownerOf(stage.spareId)).to.equal(payee);
        expect(after.payee - before.payee).to.equal(amount);
        expect(after.held).to.equal(after.pot + after.owed);
      });
    });
  }

  describe("distribute, withdraw and buy, by the same payee at any other time", () => {
    it("pass, so that it was the guard that refused them", async () => {
      const stage = await loadFixture(owedAsCredit);
      const { resale, stranger, payee, token } = stage;
      const before = await moneyOf(stage);
      await payee.getFunction("want")(ZERO, "0x");
      for (const callOf of Object.values(CALLS)) {
        await stranger.sendTransaction({ to: resale, data: callOf(stage) });
      }
      const after = await moneyOf(stage);
      // its credit, and its share of a second pot
      expect(after.payee - before.payee).to.equal(2n * SHARE);
      expect(await token.getFunction("balanceOf")(resale)).to.equal(0n);
      expect(await stage.tickets.ownerOf(stage.freeId)).to.equal(payee);
    });
  });
});

type Greedy = Awaited<ReturnType<typeof greedyFixture>>;

/**
 * Event 8 is sold in a token that calls its receivers, and its royalties are alice's, a contract's
 * and carol's. alice holds seats 1 to 3 and the contract seat 4; seat 2 can be had for nothing.
 */
async function greedyFixture() {
  const base = await marketFixture({});
  const { tickets, resale, organiser, alice, bob, carol } = base;
  const token = await ethers.deployContract("CallingToken");
  const payee = await ethers.deployContract("GreedyPayee");
  await token.getFunction("register")(payee);
  const currency = await token.getAddress();
  const stage: Market = { ...base, currency };
  await createEvent(stage, { eventId: EVENT_SHARED, policy: 0, currency });
  for (const market of [resale, payee]) {
    await tickets.connect(organiser).setMarket(EVENT_SHARED, market, true);
  }
  const payees = [alice, payee, carol];
  const split = await lockSplit(stage, { eventId: EVENT_SHARED, payees, shares: SHARES });
  await mint(stage, { to: alice.address, eventId: EVENT_SHARED, count: 3 });
  const own = { to: String(payee.target), eventId: EVENT_SHARED, seat: 4n };
  await mint(stage, own);
  await token.getFunction("mint")(bob, 10n * PRICE);
  await (token.connect(bob) as typeof token).getFunction("approve")(resale, 10n * PRICE);
  const [id, freeId, spareId] = [1n, 2n, 3n].map((seat) =>
    seatId({ eventId: EVENT_SHARED, seat }),
  ) as [bigint, bigint, bigint];
  const free = await offer(stage, { id: freeId, price: 0n });
  const sale = await offer(stage, { id: seatId(own), price: PRICE });
  return { ...stage, token, payee, split, id, freeId, spareId, free, sale };
}

/** A royalty is in the pot. */
async function owedByThePot() {
  const stage = await greedyFixture();
  await sellOn(stage, stage.id);
  expect(await stage.resale.potOf(EVENT_SHARED, stage.currency)).to.equal(ROYALTY);
  return stage;
}

/** A royalty is in the pot, and the contract's own ticket is next. */
function sellerWithAsk() {
  return owedByThePot();
}

/** The contract was refused its share by the token, and another royalty is in the pot. */
async function owedAsCredit() {
  const stage = await owedByThePot();
  const { resale, token, payee, bob, alice, currency, split, tickets } = stage;
  await token.getFunction("blacklist")(payee, true);
  await resale.distribute(EVENT_SHARED, currency, split);
  await token.getFunction("blacklist")(payee, false);
  expect(await resale.creditOf(payee, currency)).to.equal(SHARE);
  await tickets.connect(bob).transferFrom(bob, alice, stage.id);
  await sellOn(stage, stage.id);
  return stage;
}

async function sellOn(stage: Greedy, id: bigint): Promise<void> {
  const { ask, signature } = await offer(stage, { id, price: PRICE });
  await stage.resale.connect(stage.bob).buy(ask, stage.bob, signature);
}

/** What the payee has, and what the market holds of the token, for whom. */
async function moneyOf({ resale, token, payee, currency, alice, carol }: Greedy) {
  const credits = await Promise.all(
    [payee as BaseContract, alice, carol].map((account) => resale.creditOf(account, currency)),
  );
  return {
    payee: (await token.getFunction("balanceOf")(payee)) as bigint,
    held: (await token.getFunction("balanceOf")(resale)) as bigint,
    pot: (await resale.potOf(EVENT_SHARED, currency)) as bigint,
    owed: credits.reduce((sum: bigint, credit: bigint) => sum + credit, 0n),
  };
}
