// Checks permits, splits and redirections of accounts that are contracts, or became like one.
import { expect } from "chai";
import type { Signer } from "ethers";
import {
  createEvent,
  DAY_S,
  EVENT,
  ethers,
  eventFixture,
  loadFixture,
  mint,
  POLICY,
  seatId,
  ticketsFixture,
  time,
  whileDelegated,
} from "./tickets-fixture.ts";
import { domainOf, fields, signPermit } from "./tickets-messages.ts";

/** What a FickleWallet answers that is no consent. */
const DISSENTS = { NO: 1, REVERT: 2, BURN: 3, BOMB: 4 } as const;
const YES = 0;
/** An account that burns all its gas is refused for as little as this. */
const LIMITED = { gasLimit: 700_000 };

describe("Tickets", () => {
  describe("permit, of a smart account (ERC-1271)", () => {
    for (const [name, mood] of Object.entries(DISSENTS)) {
      it(`approves nobody while the account answers with ${name}`, async () => {
        const { tickets, bob, wallet, id } = await loadFixture(walletTicket);
        const deadline = (await time.latest()) + DAY_S;
        await wallet.getFunction("feel")(mood);
        await expect(tickets.permit(bob, id, deadline, "0x", LIMITED))
          .to.be.revertedWithCustomError(tickets, "TicketsSignatureInvalid")
          .withArgs(wallet);
        await wallet.getFunction("feel")(YES);
        await tickets.permit(bob, id, deadline, "0x");
        expect(await tickets.getApproved(id)).to.equal(bob);
      });
    }
  });

  describe("permit, of an account that delegated its code (EIP-7702)", () => {
    it("honours its key", async () => {
      const stage = await loadFixture(walletTicket);
      const { tickets, alice, bob, id } = stage;
      const deadline = (await time.latest()) + DAY_S;
      const message = { spender: bob.address, tokenId: id + 1n, nonce: 0n, deadline };
      const signature = await signPermit(stage, alice, message);
      await whileDelegated(alice.address, () =>
        tickets.permit(bob, message.tokenId, deadline, signature),
      );
      expect(await tickets.getApproved(message.tokenId)).to.equal(bob);
    });
  });
});

describe("Splits", () => {
  describe("lockSplit and redirectShare, of a smart account (ERC-1271)", () => {
    for (const [name, mood] of Object.entries(DISSENTS)) {
      it(`change nothing while the account answers with ${name}`, async () => {
        const stage = await loadFixture(splitsFixture);
        const { asOrganiser, carol, wallet } = stage;
        const payees = [await wallet.getAddress()];
        const lock = () =>
          asOrganiser.getFunction("lockSplit")(EVENT, payees, [10_000], ["0x"], LIMITED);
        const split = { version: 0n, payees, shares: [10_000] };
        const redirect = () =>
          asOrganiser.getFunction("redirectShare")(EVENT, split, 0, carol, "0x", LIMITED);
        for (const change of [lock, redirect]) {
          await wallet.getFunction("feel")(mood);
          await expect(change())
            .to.be.revertedWithCustomError(asOrganiser, "SplitsSignatureInvalid")
            .withArgs(wallet);
          await wallet.getFunction("feel")(YES);
          await change();
        }
        const moved = { version: 1n, payees: [carol.address], shares: [10_000] };
        expect(await asOrganiser.getFunction("splitHashOf")(EVENT)).to.equal(hashOf(moved));
      });
    }
  });

  describe("lockSplit and redirectShare, of an account that delegated its code", () => {
    it("honour its key", async () => {
      const stage = await loadFixture(splitsFixture);
      const { asOrganiser, alice, carol } = stage;
      const split = { version: 0n, payees: [alice.address], shares: [10_000] };
      const { payees, shares } = split;
      const agreed = await signed(stage, alice, {
        Split: "uint256 eventId,address[] payees,uint16[] shares",
        message: { eventId: EVENT, payees, shares },
      });
      const moved = await signed(stage, alice, {
        Redirect: "uint256 eventId,uint256 version,uint256 index,address to",
        message: { eventId: EVENT, version: 0n, index: 0, to: carol.address },
      });
      await whileDelegated(alice.address, async () => {
        await asOrganiser.getFunction("lockSplit")(EVENT, payees, shares, [agreed]);
        await asOrganiser.getFunction("redirectShare")(EVENT, split, 0, carol, moved);
      });
      const now = { version: 1n, payees: [carol.address], shares };
      expect(await asOrganiser.getFunction("splitHashOf")(EVENT)).to.equal(hashOf(now));
    });
  });
});

/** A wallet holds seat 1, and alice seat 2. */
async function walletTicket() {
  const stage = await ticketsFixture();
  const wallet = await ethers.deployContract("FickleWallet");
  await createEvent(stage, { policy: POLICY.OPEN });
  await mint(stage, { to: await wallet.getAddress() });
  await mint(stage, { to: stage.alice.address, seat: 2n });
  return { ...stage, wallet, id: seatId({}) };
}

async function splitsFixture() {
  const stage = await eventFixture();
  const splits = await ethers.deployContract("Splits", [stage.tickets]);
  const wallet = await ethers.deployContract("FickleWallet");
  const asOrganiser = splits.connect(stage.organiser) as typeof splits;
  return { ...stage, splits, wallet, asOrganiser };
}

async function signed(
  { splits }: Awaited<ReturnType<typeof splitsFixture>>,
  signer: Signer,
  { message, ...types }: { message: Record<string, unknown> } & Record<string, unknown>,
): Promise<string> {
  const named = Object.entries(types).map(([name, list]) => [name, fields(String(list))]);
  return signer.signTypedData(await domainOf(splits, "Splits"), Object.fromEntries(named), message);
}

function hashOf(split: { version: bigint; payees: string[]; shares: number[] }): string {
  const type = "tuple(uint256 version,address[] payees,uint16[] shares)";
  return ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode([type], [split]));
}
