// Checks that a holder whom a token calls while it is refunded is paid once, whatever it calls back.
import { expect } from "chai";
import { nativeOffice, orderFor, TOKEN_FACE } from "./office-fixture.ts";
import { createEvent, ethers, loadFixture, run, seatId, ZERO } from "./tickets-fixture.ts";

const EVENT_CALLING = 8n;

/** What a holder asks of the box office while it is paid; each passes when it comes by itself. */
const CALLS = {
  refund: ({ office, second }) => office.interface.encodeFunctionData("refund", [[second]]),
  withdraw: ({ office, token, holder }) =>
    office.interface.encodeFunctionData("withdraw", [holder.target, token.target]),
  fundRefunds: ({ office }) =>
    office.interface.encodeFunctionData("fundRefunds", [EVENT_CALLING, 0n]),
} as const satisfies Record<string, (stage: Greedy) => string>;

const PAYOUTS = {
  "a refund": ({ office, first }: Greedy) => office.refund([first]),
  "its credit": ({ office, holder, token }: Greedy) => office.withdraw(holder, token),
} as const;

describe("BoxOffice", () => {
  for (const [payout, pay] of Object.entries(PAYOUTS)) {
    describe(`refund, withdraw and fundRefunds, by a holder that is just paid ${payout}`, () => {
      for (const [method, callOf] of Object.entries(CALLS)) {
        it(`refuses ${method} by name, and pays once`, async () => {
          const stage = await loadFixture(greedyFixture);
          const { office, token, holder } = stage;
          await holder.getFunction("want")(office, callOf(stage));
          const balanceOf = token.getFunction("balanceOf");
          await pay(stage);
          expect(await holder.getFunction("calls")()).to.equal(1n);
          expect(await holder.getFunction("succeeded")()).to.equal(false);
          const refusal = await holder.getFunction("refusal")();
          expect(office.interface.parseError(refusal)?.name).to.equal(
            "ReentrancyGuardReentrantCall",
          );
          expect(await balanceOf(holder)).to.equal(TOKEN_FACE);
          const owed: bigint = await office.creditOf(holder, token);
          const escrow: bigint = await office.escrowOf(EVENT_CALLING);
          expect(await balanceOf(office)).to.equal(owed + escrow);
          expect(owed + escrow).to.equal(2n * TOKEN_FACE);
        });
      }
    });
  }

  describe("refund, withdraw and fundRefunds, by the same holder at any other time", () => {
    it("pass, so that it was the guard that refused them", async () => {
      const stage = await loadFixture(greedyFixture);
      const { office, token, holder, stranger } = stage;
      await holder.getFunction("want")(ZERO, "0x");
      for (const callOf of Object.values(CALLS)) {
        await stranger.sendTransaction({ to: office, data: callOf(stage) });
      }
      expect(await token.getFunction("balanceOf")(holder)).to.equal(2n * TOKEN_FACE);
    });
  });
});

type Greedy = Awaited<ReturnType<typeof greedyFixture>>;

/**
 * A contract that event 8's token calls held three of its tickets, all of them void now: one refund
 * was refused and is owed to it, and two are still to come.
 */
async function greedyFixture() {
  const stage = await nativeOffice();
  const { office, tickets, refunder, alice, server } = stage;
  const token = await ethers.deployContract("CallingToken");
  const holder = await ethers.deployContract("GreedyPayee");
  await token.getFunction("register")(holder);
  const [currency, boxOffice] = await Promise.all([token.getAddress(), office.getAddress()]);
  await createEvent(stage, { eventId: EVENT_CALLING, currency, boxOffice });
  await token.getFunction("mint")(alice, 3n * TOKEN_FACE);
  await (token.connect(alice) as typeof token).getFunction("approve")(office, 3n * TOKEN_FACE);
  const runs = run({ to: String(holder.target), count: 3 });
  const { order, signature } = await orderFor(stage, { eventId: EVENT_CALLING, runs });
  await office.connect(alice).buy(order, server, signature);
  const [first, second, third] = [1n, 2n, 3n].map((seat) =>
    seatId({ eventId: EVENT_CALLING, seat }),
  ) as [bigint, bigint, bigint];
  await tickets.connect(refunder).void([first, second, third]);
  await token.getFunction("blacklist")(holder, true);
  await office.refund([third]);
  await token.getFunction("blacklist")(holder, false);
  expect(await office.creditOf(holder, token)).to.equal(TOKEN_FACE);
  return { ...stage, token, holder, first, second };
}
