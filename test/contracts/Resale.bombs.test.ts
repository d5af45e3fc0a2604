// Checks that a token whose answers are as long as it likes holds up no payout but its own.
import { expect } from "chai";
import type { TransactionResponse } from "ethers";
import { lockSplit, marketFixture, offer, type Resale, TOKEN_FACE } from "./resale-fixture.ts";
import { createEvent, ethers, loadFixture, mint, seatId, ZERO } from "./tickets-fixture.ts";

const EVENT_IN_BOMBS = 8n;
/** What a price is divided into without anything left over would hide what rounding leaves. */
const PRICE = TOKEN_FACE - 7n;
const SHARES = [3_333, 3_333, 3_334];
/** The most that a token can answer with the gas of one push, and what it never can. */
const LONG_BYTES = 240_000;
const HUGE_BYTES = 4 << 20;
/** What a buyer pays more at most. The compiler reserves memory for an answer that it decodes. */
const EXTRA_GAS = { transferFrom: 170_000n, balanceOf: 900_000n } as const;
/** An answer of so many bytes costs its token so much, and would cost again whoever copied it. */
const MEGABYTE = 1 << 20;
const MEGABYTE_GAS = 2_200_000n;
/** What it takes to owe a payee: its credit, for the first time, and the event. */
const CREDIT_GAS = 60_000n;
const BASE_GAS = 120_000n;

const ANSWERS = {
  "a long answer": { bytes: LONG_BYTES, reverts: false, isPaid: true },
  "a long refusal": { bytes: LONG_BYTES, reverts: true, isPaid: false },
  "an answer of megabytes": { bytes: HUGE_BYTES, reverts: false, isPaid: false },
  "a refusal of megabytes": { bytes: HUGE_BYTES, reverts: true, isPaid: false },
} as const;

describe("Resale", () => {
  for (const [name, { bytes, reverts, isPaid }] of Object.entries(ANSWERS)) {
    describe(`distribute, in a token with ${name} to each transfer`, () => {
      it("pays or owes each payee its share to the last unit, for a bounded price", async () => {
        const stage = await loadFixture(bombFixture);
        const { resale, token, split, people } = stage;
        const pot: bigint = await resale.potOf(EVENT_IN_BOMBS, token);
        expect(pot % 10_000n).to.not.equal(0n);
        const share = (pot * 3_333n) / 10_000n;
        const shares = [share, share, pot - 2n * share];
        const before = await balances(stage);
        await stage.arm("transfer", bytes, reverts);
        const gas = await gasOf(resale.distribute(EVENT_IN_BOMBS, token, split));
        const push: bigint = await resale.PUSH_GAS();
        expect(gas < BASE_GAS + 3n * (push + CREDIT_GAS)).to.equal(true, `it took ${gas}`);
        await stage.arm("transfer", 0, false);
        for (const [index, person] of people.entries()) {
          expect(await resale.creditOf(person, token)).to.equal(isPaid ? 0n : shares[index]);
          if (!isPaid) await resale.withdraw(person, token);
        }
        const after = await balances(stage);
        expect(after.map((balance, index) => balance - (before[index] ?? 0n))).to.deep.equal(
          shares,
        );
        expect(await token.getFunction("balanceOf")(resale)).to.equal(0n);
      });
    });

    describe(`buy, in a token with ${name} to each transfer`, () => {
      it("sells, and pays or owes the market's fee and the seller", async () => {
        const stage = await loadFixture(bombFixture);
        const { resale, token, tickets, alice, bob, stranger } = stage;
        const id = seatId({ eventId: EVENT_IN_BOMBS, seat: 2n });
        const terms = { id, price: PRICE, feeBps: 250, feeTo: stranger.address };
        const { ask, signature } = await offer(stage, terms);
        const pot: bigint = await resale.potOf(EVENT_IN_BOMBS, token);
        const [fee, royalty] = [(PRICE * 250n) / 10_000n, PRICE / 10n];
        const rest = PRICE - fee - royalty;
        await stage.arm("transfer", bytes, reverts);
        const gas = await gasOf(resale.connect(bob).buy(ask, bob, signature));
        const push: bigint = await resale.PUSH_GAS();
        expect(gas < BASE_GAS + 2n * (push + CREDIT_GAS)).to.equal(true, `it took ${gas}`);
        expect(await tickets.ownerOf(id)).to.equal(bob);
        expect(await resale.creditOf(alice, token)).to.equal(isPaid ? 0n : rest);
        expect(await resale.creditOf(stranger, token)).to.equal(isPaid ? 0n : fee);
        expect(await resale.potOf(EVENT_IN_BOMBS, token)).to.equal(pot + royalty);
        const held = pot + royalty + (isPaid ? 0n : fee + rest);
        expect(await token.getFunction("balanceOf")(resale)).to.equal(held);
      });
    });
  }

  describe("withdraw, in a token that answers with a megabyte", () => {
    it("pays once, and copies nothing of it", async () => {
      const stage = await loadFixture(owedFixture);
      const { resale, token, carol, due } = stage;
      const before: bigint = await token.getFunction("balanceOf")(carol);
      await stage.arm("transfer", MEGABYTE, false);
      const gas = await gasOf(resale.withdraw(carol, token));
      expect(gas < MEGABYTE_GAS + BASE_GAS).to.equal(true, `it took ${gas}`);
      expect((await token.getFunction("balanceOf")(carol)) - before).to.equal(due);
      await expect(resale.withdraw(carol, token))
        .to.be.revertedWithCustomError(resale, "CreditsNothing")
        .withArgs(carol, token);
    });

    it("says that it was refused, and copies nothing of why", async () => {
      const stage = await loadFixture(owedFixture);
      const { resale, token, carol, due } = stage;
      await stage.arm("transfer", MEGABYTE, true);
      const gasLimit = MEGABYTE_GAS + BASE_GAS;
      await expect(resale.withdraw(carol, token, { gasLimit }))
        .to.be.revertedWithCustomError(resale, "CreditsRefused")
        .withArgs(carol, due);
      expect(await resale.creditOf(carol, token)).to.equal(due);
    });
  });

  describe("buy, in a token that bombs its buyer", () => {
    for (const method of ["transferFrom", "balanceOf"] as const) {
      it(`passes a long answer of ${method}, at that buyer's price`, async () => {
        const stage = await loadFixture(bombFixture);
        const { resale, bob, ask, signature } = await nextSale(stage);
        const plain = await resale.connect(bob).buy.estimateGas(ask, bob, signature);
        await stage.arm(method, LONG_BYTES, false);
        const gas = await gasOf(resale.connect(bob).buy(ask, bob, signature));
        const extra = gas - plain;
        expect(extra < EXTRA_GAS[method]).to.equal(true, `it took ${extra} more`);
      });

      it(`leaves ticket and money where they are when ${method} refuses`, async () => {
        const stage = await loadFixture(bombFixture);
        const { resale, tickets, token, alice, bob, ask, signature } = await nextSale(stage);
        const [before] = await balances(stage);
        await stage.arm(method, MEGABYTE, true);
        await expect(resale.connect(bob).buy(ask, bob, signature)).to.revert(ethers);
        await stage.arm(method, 0, false);
        expect(await tickets.ownerOf(ask.id)).to.equal(alice);
        expect(await token.getFunction("balanceOf")(alice)).to.equal(before);
      });
    }

    it("is refused by name when the token says that nothing moved", async () => {
      const stage = await loadFixture(bombFixture);
      const { resale, token, bob, ask, signature } = await nextSale(stage);
      await token.getFunction("deny")(true);
      await expect(resale.connect(bob).buy(ask, bob, signature))
        .to.be.revertedWithCustomError(resale, "SafeERC20FailedOperation")
        .withArgs(token);
    });

    it("holds up no event that is sold in another currency", async () => {
      const stage = await loadFixture(bombFixture);
      const { resale, tickets, bob, alice } = stage;
      for (const method of ["transfer", "transferFrom", "balanceOf"]) {
        await stage.arm(method, MEGABYTE, true);
      }
      const { ask, signature, value } = await offer(
        { ...stage, currency: ZERO },
        { id: seatId({}) },
      );
      const sent = resale.connect(bob).buy(ask, bob, signature, { value });
      await expect(sent).to.changeEtherBalance(ethers, alice, value - value / 10n);
      expect(await tickets.ownerOf(ask.id)).to.equal(bob);
    });
  });
});

type Bombs = Awaited<ReturnType<typeof bombFixture>>;

/**
 * Event 7 is sold in native coin. Event 8 is sold in a token whose answers can be armed; alice, bob
 * and carol share its royalties, and one of its tickets was sold on.
 */
async function bombFixture() {
  const stage = await marketFixture({});
  const { tickets, resale, organiser, alice, bob, carol } = stage;
  const token = await ethers.deployContract("BombToken");
  const currency = await token.getAddress();
  await createEvent(stage, { eventId: EVENT_IN_BOMBS, policy: 0, currency });
  await tickets.connect(organiser).setMarket(EVENT_IN_BOMBS, resale, true);
  const people = [alice, bob, carol] as const;
  const split = await lockSplit(stage, { eventId: EVENT_IN_BOMBS, payees: people, shares: SHARES });
  await mint(stage, { to: alice.address, eventId: EVENT_IN_BOMBS, count: 3 });
  await token.getFunction("mint")(bob, 10n * TOKEN_FACE);
  await (token.connect(bob) as typeof token).getFunction("approve")(resale, 10n * TOKEN_FACE);
  const arm = (method: string, bytes: number, reverts: boolean) =>
    token.getFunction("arm")(token.interface.getFunction(method)?.selector, bytes, reverts);
  const bombs = { ...stage, token, currency, people, split, arm };
  const sale = await offer(bombs, { id: seatId({ eventId: EVENT_IN_BOMBS }), price: PRICE });
  await resale.connect(bob).buy(sale.ask, bob, sale.signature);
  return bombs;
}

/** As bombFixture; carol was refused her share and is owed it. */
async function owedFixture() {
  const stage = await bombFixture();
  const { resale, token, carol, split } = stage;
  await token.getFunction("blacklist")(carol, true);
  await resale.distribute(EVENT_IN_BOMBS, token, split);
  await token.getFunction("blacklist")(carol, false);
  const due: bigint = await resale.creditOf(carol, token);
  expect(due).to.not.equal(0n);
  return { ...stage, due };
}

async function nextSale(stage: Bombs) {
  const id = seatId({ eventId: EVENT_IN_BOMBS, seat: 2n });
  return { ...stage, ...(await offer(stage, { id, price: PRICE })) };
}

function balances({ token, people }: Bombs): Promise<bigint[]> {
  return Promise.all(people.map((person) => token.getFunction("balanceOf")(person)));
}

async function gasOf(sent: ReturnType<Resale["buy"]>): Promise<bigint> {
  const receipt = await ((await sent) as TransactionResponse).wait();
  if (receipt === null) throw new Error("The transaction has no receipt.");
  return receipt.gasUsed;
}
