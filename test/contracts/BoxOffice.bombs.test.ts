// Checks that a token whose answers are as long as it likes holds up no money but its own event's.
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import {
  FACE,
  nativeOffice,
  orderFor,
  signAuthorisation,
  signPermitOf,
  TOKEN_FACE,
} from "./office-fixture.ts";
import {
  createEvent,
  DAY_S,
  EVENT,
  ethers,
  loadFixture,
  run,
  seatId,
  time,
} from "./tickets-fixture.ts";

const EVENT_IN_BOMBS = 8n;
/** The most that a token can answer with the gas of one push, and what it never can. */
const LONG_BYTES = 240_000;
const HUGE_BYTES = 4 << 20;
const MEGABYTE = 1 << 20;
const PUSH_GAS = 200_000n;
/** What a refund takes beside the push, a new credit included, and a transaction beside those. */
const REFUND_GAS = 90_000n;
const BASE_GAS = 40_000n;
/** alice puts more into the refund funds than any refund takes. */
const FUNDS = 11n;

const ANSWERS = {
  "a long answer": { bytes: LONG_BYTES, reverts: false, isPaid: true },
  "a long refusal": { bytes: LONG_BYTES, reverts: true, isPaid: false },
  "an answer of megabytes": { bytes: HUGE_BYTES, reverts: false, isPaid: false },
  "a refusal of megabytes": { bytes: HUGE_BYTES, reverts: true, isPaid: false },
} as const;

describe("BoxOffice", () => {
  for (const [name, { bytes, reverts, isPaid }] of Object.entries(ANSWERS)) {
    describe(`refund, in a token with ${name} to each transfer`, () => {
      it("pays or owes its holder, and pays the holder of another event's ticket", async () => {
        const stage = await loadFixture(soldOffice);
        const { office, token, tickets, refunder, alice, bombs, plain } = stage;
        await tickets.connect(refunder).void([bombs[0]]);
        await tickets.connect(refunder).void([plain]);
        await stage.arm("transfer", bytes, reverts);
        const before: bigint = await token.getFunction("balanceOf")(alice);
        const sent = office.refund([bombs[0], plain]);
        await expect(sent).to.changeEtherBalance(ethers, alice, FACE);
        const gas = await gasOf(sent);
        // the other event's holder is paid in coin, which takes next to nothing
        const most = BASE_GAS + PUSH_GAS + 2n * REFUND_GAS;
        expect(gas < most).to.equal(true, `it took ${gas}`);
        expect(await office.creditOf(alice, token)).to.equal(isPaid ? 0n : TOKEN_FACE);
        await stage.arm("transfer", 0, false);
        if (!isPaid) await office.withdraw(alice, token);
        const after: bigint = await token.getFunction("balanceOf")(alice);
        expect(after - before).to.equal(TOKEN_FACE);
        expect(await token.getFunction("balanceOf")(office)).to.equal(TOKEN_FACE + FUNDS);
        expect(await office.escrowOf(EVENT_IN_BOMBS)).to.equal(TOKEN_FACE);
      });
    });

    describe(`release and reclaimFunds, in a token with ${name} to each transfer`, () => {
      it("pay or owe the organiser to the last unit", async () => {
        const stage = await loadFixture(soldOffice);
        const { office, token, organiser, terms } = stage;
        await time.increaseTo(terms.doorsAt + 180 * DAY_S);
        await stage.arm("transfer", bytes, reverts);
        for (const pay of [office.release, office.reclaimFunds]) {
          const gas = await gasOf(pay(EVENT_IN_BOMBS));
          expect(gas < BASE_GAS + PUSH_GAS + REFUND_GAS).to.equal(true, `it took ${gas}`);
        }
        const due = 2n * TOKEN_FACE + FUNDS;
        expect(await office.creditOf(organiser, token)).to.equal(isPaid ? 0n : due);
        await stage.arm("transfer", 0, false);
        if (!isPaid) await office.withdraw(organiser, token);
        expect(await token.getFunction("balanceOf")(organiser)).to.equal(due);
        expect(await token.getFunction("balanceOf")(office)).to.equal(0n);
      });
    });
  }

  describe("buy, buyWithPermit and buyFor, in a token that bombs its buyer", () => {
    it("sell on a permit whose refusal is a megabyte, since the allowance is there", async () => {
      const stage = await loadFixture(soldOffice);
      const { office, alice, server, tickets } = stage;
      const { order, signature } = await nextOrder(stage);
      const consent = await signPermitOf(stage, alice, TOKEN_FACE);
      await stage.arm("permit", MEGABYTE, true);
      await office.connect(alice).buyWithPermit(order, server, signature, consent);
      expect(await tickets.ownerOf(seatId({ eventId: EVENT_IN_BOMBS, seat: 3n }))).to.equal(alice);
    });

    for (const method of ["transferFrom", "balanceOf", "receiveWithAuthorization"] as const) {
      it(`sell with a long answer of ${method}`, async () => {
        const stage = await loadFixture(soldOffice);
        const { office, tickets } = stage;
        const { send, id } = await purchase(stage, method);
        await stage.arm(method, LONG_BYTES, false);
        await send();
        expect(await tickets.ownerOf(id)).to.equal(stage.alice);
        expect(await office.escrowOf(EVENT_IN_BOMBS)).to.equal(3n * TOKEN_FACE);
      });

      it(`mint nothing and take nothing when ${method} refuses with a megabyte`, async () => {
        const stage = await loadFixture(soldOffice);
        const { office, tickets, token, alice } = stage;
        const { send, id } = await purchase(stage, method);
        const before: bigint = await token.getFunction("balanceOf")(alice);
        await stage.arm(method, MEGABYTE, true);
        await expect(send()).to.revert(ethers);
        await stage.arm(method, 0, false);
        await expect(tickets.ownerOf(id))
          .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
          .withArgs(id);
        expect(await token.getFunction("balanceOf")(alice)).to.equal(before);
        expect(await office.escrowOf(EVENT_IN_BOMBS)).to.equal(2n * TOKEN_FACE);
      });
    }

    it("are refused by name when the token says that nothing moved", async () => {
      const stage = await loadFixture(soldOffice);
      const { office, token, alice } = stage;
      const { send } = await purchase(stage, "transferFrom");
      await token.getFunction("deny")(true);
      const fund = () => office.connect(alice).fundRefunds(EVENT_IN_BOMBS, 1n);
      for (const pay of [send, fund]) {
        await expect(pay())
          .to.be.revertedWithCustomError(office, "SafeERC20FailedOperation")
          .withArgs(token);
      }
    });
  });
});

type Sold = Awaited<ReturnType<typeof soldOffice>>;

/** alice bought seat 1 of event 7 for native coin, and seats 1 and 2 of event 8 for a token. */
async function soldOffice() {
  const stage = await nativeOffice();
  const { office, alice, server } = stage;
  const token = await ethers.deployContract("BombToken");
  const [currency, boxOffice] = await Promise.all([token.getAddress(), office.getAddress()]);
  const changes = { eventId: EVENT_IN_BOMBS, currency, boxOffice };
  const terms = await createEvent(stage, changes);
  await token.getFunction("mint")(alice, 10n * TOKEN_FACE);
  const asAlice = token.connect(alice) as typeof token;
  await asAlice.getFunction("approve")(office, 10n * TOKEN_FACE);
  const native = await orderFor(stage, { runs: run({ to: alice.address }) });
  await office.connect(alice).buy(native.order, server, native.signature, { value: FACE });
  const bought = await orderFor(stage, { eventId: EVENT_IN_BOMBS });
  await office.connect(alice).buy(bought.order, server, bought.signature);
  await office.connect(alice).fundRefunds(EVENT_IN_BOMBS, FUNDS);
  const arm = (method: string, bytes: number, reverts: boolean) =>
    token.getFunction("arm")(token.interface.getFunction(method)?.selector, bytes, reverts);
  const bombs = [1n, 2n].map((seat) => seatId({ eventId: EVENT_IN_BOMBS, seat }));
  return { ...stage, terms, token, arm, bombs, plain: seatId({ eventId: EVENT }) };
}

function nextOrder(stage: Sold) {
  const runs = run({ to: stage.alice.address, seat: 3n });
  return orderFor(stage, { eventId: EVENT_IN_BOMBS, runs });
}

/** A purchase on which the token is asked for this. */
async function purchase(
  stage: Sold,
  method: "transferFrom" | "balanceOf" | "receiveWithAuthorization",
) {
  const { office, alice, server } = stage;
  const { order, signature } = await nextOrder(stage);
  const id = seatId({ eventId: EVENT_IN_BOMBS, seat: 3n });
  if (method !== "receiveWithAuthorization") {
    return { id, send: () => office.connect(alice).buy(order, server, signature) };
  }
  const consent = await signAuthorisation(stage, alice, order, TOKEN_FACE);
  return { id, send: () => office.buyFor(order, server, signature, alice, consent) };
}

async function gasOf(sent: Promise<unknown>): Promise<bigint> {
  const receipt = await ((await sent) as ContractTransactionResponse).wait();
  if (receipt === null) throw new Error("The transaction has no receipt.");
  return receipt.gasUsed;
}
