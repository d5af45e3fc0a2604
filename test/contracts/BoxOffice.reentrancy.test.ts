// Checks that nobody who is called while the box office moves money can make it move more.
import { expect } from "chai";
import { orderFor, signAuthorisation, TOKEN_FACE, tokenOffice } from "./office-fixture.ts";
import { DAY_S, EVENT, ethers, loadFixture, seatId, time, ZERO } from "./tickets-fixture.ts";

type Fixture = Awaited<ReturnType<typeof busyOffice>>;

/** Calls that would all succeed if they came by themselves: see the test of that below. */
const METHODS = {
  buy: ({ free, server }) => [free.order, server.address, free.signature],
  buyWithPermit: ({ free, server, nothing }) => [
    free.order,
    server.address,
    free.signature,
    nothing,
  ],
  buyFor: ({ free, server, alice, freely }) => [
    free.order,
    server.address,
    free.signature,
    alice.address,
    freely,
  ],
  refund: ({ id }) => [[id]],
  fundRefunds: () => [EVENT, 0n],
  reclaimFunds: () => [EVENT],
  release: () => [EVENT],
  withdraw: ({ bob, token }) => [bob.address, token.target],
} as const satisfies Record<string, (stage: Fixture) => readonly unknown[]>;

/** What has its time after the event, when nothing is sold any more. */
const AFTERWARDS = { reclaimFunds: true, release: true };

describe("BoxOffice", () => {
  describe("while a token calls back", () => {
    for (const [method, argumentsOf] of Object.entries(METHODS)) {
      it(`${method} cannot be entered`, async () => {
        const stage = await loadFixture(busyOffice);
        const { office, token, bob } = stage;
        const data = office.interface.encodeFunctionData(method, argumentsOf(stage));
        await token.getFunction("setHook")(office, data);
        await office.connect(bob).fundRefunds(EVENT, 1n);
        expect(await token.getFunction("hookSucceeded")()).to.equal(false);
        expect(await token.getFunction("hookAnswer")()).to.equal(
          ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10),
        );
      });

      it(`${method} passes when it comes by itself`, async () => {
        const stage = await loadFixture(method in AFTERWARDS ? lateOffice : busyOffice);
        const { office, stranger } = stage;
        const data = office.interface.encodeFunctionData(method, argumentsOf(stage));
        await stranger.sendTransaction({ to: office, data });
      });
    }
  });
});

/** Half a year after doors. */
async function lateOffice() {
  const stage = await busyOffice();
  await time.increaseTo(stage.terms.doorsAt + 180 * DAY_S);
  return stage;
}

/**
 * alice's two tickets are funded and one of them is void, bob has a credit, and there is a voucher
 * that costs nothing.
 */
async function busyOffice() {
  const stage = await tokenOffice();
  const { office, token, tickets, alice, bob, refunder, server } = stage;
  for (const fan of [alice, bob]) {
    await token.connect(fan).getFunction("approve")(office, 100n * TOKEN_FACE);
  }
  const { order, signature } = await orderFor(stage);
  await office.connect(alice).buy(order, server, signature);
  const other = await orderFor(stage, {
    runs: ethers.solidityPacked(
      ["address", "uint40", "uint8"],
      [bob.address, seatId({ row: 2n }) & (2n ** 40n - 1n), 1],
    ),
  });
  await office.connect(bob).buy(other.order, server, other.signature);
  await tickets.connect(refunder).void([seatId({}), seatId({ row: 2n })]);
  await token.getFunction("blacklist")(bob, true);
  await office.refund([seatId({ row: 2n })]);
  await token.getFunction("blacklist")(bob, false);
  await office.connect(bob).fundRefunds(EVENT, 5n);
  const free = await orderFor(stage, {
    unitPrice: 0n,
    runs: order.runs.replace("001001001", "001003001"),
  });
  const nothing = { validAfter: 0, deadline: 0, v: 0, r: ethers.ZeroHash, s: ethers.ZeroHash };
  const freely = await signAuthorisation(stage, alice, free.order, 0n);
  expect(await office.creditOf(bob, token)).to.equal(TOKEN_FACE);
  expect(await office.creditOf(bob, ZERO)).to.equal(0n);
  return { ...stage, free, nothing, freely, id: seatId({}) };
}
