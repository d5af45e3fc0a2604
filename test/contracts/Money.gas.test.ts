// Holds the gas of the calls that move money to what was measured, once a sale is running.
import type { TransactionResponse } from "ethers";
import { gasSnapshot } from "./gas-snapshot.ts";
import {
  FACE,
  nativeOffice,
  type Office,
  orderFor,
  signAuthorisation,
  signPermitOf,
  TOKEN_FACE,
  tokenOffice,
} from "./office-fixture.ts";
import { nativeFixture, offer, tokenFixture } from "./resale-fixture.ts";
import { DAY_S, EVENT, loadFixture, run, seatId, time, ZERO } from "./tickets-fixture.ts";

const RELEASE_AFTER_S = 4 * DAY_S;

describe("Resale gas", () => {
  const gasOf = meter("Resale");

  it("sells in the native coin, and shares out a pot", async () => {
    const stage = await loadFixture(nativeFixture);
    const { resale, tickets, organiser, bob } = stage;
    // the first sale fills the pot and bob's balance
    const first = await offer(stage, { id: seatId({ seat: 2n }) });
    await resale.connect(bob).buy(first.ask, bob, first.signature, { value: first.value });
    const { ask, signature, value } = await offer(stage);
    await gasOf("sale, native coin", resale.connect(bob).buy(ask, bob, signature, { value }));
    const { version, payees, shares } = stage.split;
    await gasOf(
      "distribute, one payee",
      resale.distribute(EVENT, ZERO, { version, payees, shares }),
    );
    const back = await offer(stage, { id: seatId({ seat: 2n }), nonce: 1n }, bob);
    await gasOf(
      "return to the organiser",
      resale.connect(organiser).buy(back.ask, organiser, back.signature, { value: back.value }),
    );
    await gasOf("cancel an ask", tickets.connect(bob).cancel(ask.id));
  });

  it("sells in a token", async () => {
    const stage = await loadFixture(tokenFixture);
    const { resale, bob } = stage;
    const first = await offer(stage, { id: seatId({ seat: 2n }) });
    await resale.connect(bob).buy(first.ask, bob, first.signature);
    const { ask, signature } = await offer(stage);
    await gasOf("sale, token", resale.connect(bob).buy(ask, bob, signature));
  });
});

describe("BoxOffice gas", () => {
  const gasOf = meter("BoxOffice");

  it("sells two seats in the native coin, refunds one and releases the rest", async () => {
    const stage = await loadFixture(nativeOffice);
    const { office, tickets, alice, bob, organiser, refunder } = stage;
    await buyFirst(stage, { value: 2n * FACE });
    const { order, signature } = await orderFor(stage, pairOfRow(2n, bob.address));
    const call = office.connect(bob).buy(order, stage.server, signature, { value: 2n * FACE });
    await gasOf("order of two, native coin", call);
    await tickets.connect(refunder).void([seatId({})]);
    await gasOf("refund", office.connect(alice).refund([seatId({})]));
    await time.increaseTo((await tickets.eventOf(EVENT)).doorsAt + BigInt(RELEASE_AFTER_S));
    await gasOf("release", office.connect(organiser).release(EVENT));
  });

  it("sells two seats in a token, by allowance, permit and authorisation", async () => {
    const stage = await loadFixture(tokenOffice);
    const { office, token, bob, server } = stage;
    await token.getFunction("mint")(bob, 100n * TOKEN_FACE);
    await token.connect(stage.alice).getFunction("approve")(office, 2n * TOKEN_FACE);
    await buyFirst(stage, {});
    await token.connect(bob).getFunction("approve")(office, 2n * TOKEN_FACE);
    const plain = await orderFor(stage, pairOfRow(2n, bob.address));
    const byAllowance = office.connect(bob).buy(plain.order, server, plain.signature);
    await gasOf("order of two, allowance", byAllowance);
    const signed = await orderFor(stage, pairOfRow(3n, bob.address));
    const permit = await signPermitOf(stage, bob, 2n * TOKEN_FACE);
    await gasOf(
      "order of two, permit",
      office.connect(bob).buyWithPermit(signed.order, server, signed.signature, permit),
    );
    const relayed = await orderFor(stage, pairOfRow(4n, bob.address));
    const consent = await signAuthorisation(stage, bob, relayed.order, 2n * TOKEN_FACE);
    await gasOf(
      "order of two, relayed authorisation",
      office.buyFor(relayed.order, server, relayed.signature, bob, consent),
    );
  });
});

/** After it the escrow, the classes and the mint's limits are not at zero. */
async function buyFirst(stage: Office, payment: { value?: bigint }): Promise<void> {
  const { order, signature } = await orderFor(stage);
  await stage.office.connect(stage.alice).buy(order, stage.server, signature, payment);
}

function pairOfRow(row: bigint, to: string) {
  return { runs: run({ to, row, count: 2 }) };
}

function meter(contract: string) {
  const snapshot = gasSnapshot(contract);
  return async (what: string, sent: Promise<TransactionResponse>) => {
    const receipt = await (await sent).wait();
    snapshot.expect(what, Number(receipt?.gasUsed ?? 0n));
  };
}
