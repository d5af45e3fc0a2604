// Checks who may move a ticket, when, and what a move leaves behind.
import { expect } from "chai";
import {
  AT,
  createEvent,
  ethers,
  FLAG,
  HOUR_S,
  loadFixture,
  mint,
  POLICY,
  type Stage,
  seatId,
  soldFixture,
  ticketsFixture,
  time,
  wordOf,
  writeWord,
  ZERO,
} from "./tickets-fixture.ts";

const SAFE = "safeTransferFrom(address,address,uint256)";
const SAFE_WITH_DATA = "safeTransferFrom(address,address,uint256,bytes)";

describe("Tickets", () => {
  describe("transferFrom", () => {
    it("gives the ticket to its new holder", async () => {
      const { tickets, alice, bob, id } = await loadFixture(soldFixture);
      await expect(tickets.connect(alice).transferFrom(alice, bob, id))
        .to.emit(tickets, "Transfer")
        .withArgs(alice, bob, id);
      expect(await tickets.ownerOf(id)).to.equal(bob);
      expect(await tickets.balanceOf(alice)).to.equal(2n);
      expect(await tickets.balanceOf(bob)).to.equal(1n);
    });

    it("raises nonce and gifts by one, and keeps face, age and the other flags", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, alice, bob, id } = stage;
      const kept = (FLAG.FUNDED | FLAG.RESOLD | FLAG.CARD | FLAG.SPARE) << AT.flags;
      const word = (await wordOf(stage, id)) | kept | (77n << AT.since);
      await writeWord(stage, id, word);
      await time.increase(2 * HOUR_S);
      await tickets.connect(alice).transferFrom(alice, bob, id);
      const moved = word - BigInt(alice.address) + BigInt(bob.address);
      expect(await wordOf(stage, id)).to.equal(moved + (1n << AT.nonce) + (1n << AT.gifts));
    });

    it("stops counting at nonce 4095 and 15 gifts, and still moves", async () => {
      const stage = await loadFixture(openFixture);
      const { tickets, alice, bob, id } = stage;
      const word = (await wordOf(stage, id)) | (4_094n << AT.nonce) | (14n << AT.gifts);
      await writeWord(stage, id, word);
      await tickets.connect(alice).transferFrom(alice, bob, id);
      await tickets.connect(bob).transferFrom(bob, alice, id);
      const ticket = await tickets.ticketOf(id);
      expect([ticket.nonce, ticket.gifts, ticket.flags]).to.deep.equal([4_095n, 15n, FLAG.CARD]);
      expect(ticket.owner).to.equal(alice);
    });

    it("lets a holder send a ticket to the same wallet, as ERC-721 does", async () => {
      const { tickets, alice, id } = await loadFixture(soldFixture);
      await tickets.connect(alice).transferFrom(alice, alice, id);
      expect(await tickets.balanceOf(alice)).to.equal(3n);
      expect((await tickets.ticketOf(id)).nonce).to.equal(1n);
    });

    it("clears the approval of a single ticket", async () => {
      const { tickets, alice, bob, carol, id } = await loadFixture(openFixture);
      await tickets.connect(alice).approve(carol, id);
      await tickets.connect(alice).transferFrom(alice, bob, id);
      expect(await tickets.getApproved(id)).to.equal(ZERO);
      await expect(tickets.connect(carol).transferFrom(bob, carol, id))
        .to.be.revertedWithCustomError(tickets, "ERC721InsufficientApproval")
        .withArgs(carol, id);
    });

    it("does not honour an old approval when the ticket comes back", async () => {
      const { tickets, alice, bob, carol, id } = await loadFixture(openFixture);
      await tickets.connect(alice).approve(carol, id);
      await tickets.connect(alice).transferFrom(alice, bob, id);
      await tickets.connect(bob).transferFrom(bob, alice, id);
      await expect(tickets.connect(carol).transferFrom(alice, carol, id))
        .to.be.revertedWithCustomError(tickets, "ERC721InsufficientApproval")
        .withArgs(carol, id);
    });

    it("refuses whomever the holder did not approve, the contract's keys included", async () => {
      const stage = await loadFixture(openFixture);
      const { tickets, alice, bob, id } = stage;
      const { admin, minter, gate, organiser, refunder, stranger } = stage;
      for (const caller of [admin, minter, gate, organiser, refunder, stranger, bob]) {
        await expect(tickets.connect(caller).transferFrom(alice, bob, id))
          .to.be.revertedWithCustomError(tickets, "ERC721InsufficientApproval")
          .withArgs(caller, id);
      }
    });

    it("refuses a wrong holder, wallet zero and a ticket that does not exist", async () => {
      const { tickets, alice, bob, id } = await loadFixture(openFixture);
      const asAlice = tickets.connect(alice);
      await expect(asAlice.transferFrom(bob, bob, id))
        .to.be.revertedWithCustomError(tickets, "ERC721IncorrectOwner")
        .withArgs(bob, id, alice);
      await expect(asAlice.transferFrom(alice, ZERO, id))
        .to.be.revertedWithCustomError(tickets, "ERC721InvalidReceiver")
        .withArgs(ZERO);
      await expect(asAlice.transferFrom(alice, bob, id + 100n))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(id + 100n);
    });

    for (const [flag, error] of [
      ["USED", "TicketsTicketUsed"],
      ["VOID", "TicketsTicketVoid"],
      ["LOCKED", "TicketsTicketLocked"],
    ] as const) {
      it(`refuses a ticket that is ${flag}, by every path`, async () => {
        const stage = await loadFixture(openFixture);
        const { tickets, alice, bob, carol, id } = stage;
        await tickets.connect(alice).approve(carol, id);
        await writeWord(stage, id, (await wordOf(stage, id)) | (FLAG[flag] << AT.flags));
        for (const attempt of attempts(stage)) {
          await expect(attempt()).to.be.revertedWithCustomError(tickets, error).withArgs(id);
        }
        expect(await tickets.isTransferable(id, alice, bob)).to.equal(false);
      });
    }

    it("refuses by every path from the second of the freeze on", async () => {
      const stage = await loadFixture(openFixture);
      const { tickets, alice, carol, id } = stage;
      const freezeAt = stage.terms.freezeAt;
      await tickets.connect(alice).approve(carol, id);
      await time.increaseTo(freezeAt - HOUR_S);
      for (const [second, attempt] of attempts(stage).entries()) {
        await time.setNextBlockTimestamp(freezeAt + second);
        await expect(attempt())
          .to.be.revertedWithCustomError(tickets, "TicketsTransfersFrozen")
          .withArgs(id, freezeAt);
      }
    });

    it("moves in the last second before the freeze", async () => {
      const { tickets, alice, bob, id, terms } = await loadFixture(openFixture);
      await time.setNextBlockTimestamp(terms.freezeAt - 1);
      await tickets.connect(alice).transferFrom(alice, bob, id);
      expect(await tickets.ownerOf(id)).to.equal(bob);
    });
  });

  describe("policy", () => {
    it("OPEN: holder, approved wallet and operator move without limit", async () => {
      const { tickets, alice, bob, carol, stranger, id } = await loadFixture(openFixture);
      for (let i = 0; i < 20; i += 1) {
        const [from, to] = i % 2 === 0 ? [alice, bob] : [bob, alice];
        await tickets.connect(from).transferFrom(from, to, id);
      }
      await tickets.connect(alice).approve(carol, id);
      await tickets.connect(carol).transferFrom(alice, bob, id);
      await tickets.connect(bob).setApprovalForAll(stranger, true);
      await tickets.connect(stranger).transferFrom(bob, alice, id);
      expect(await tickets.ownerOf(id)).to.equal(alice);
    });

    it("GIFT of no number: the holder gives without limit, nobody else does", async () => {
      const stage = await loadFixture(ticketsFixture);
      const { tickets, alice, bob } = stage;
      const id = await sell(stage, { policy: POLICY.GIFT, maxGifts: 0 });
      for (let i = 0; i < 20; i += 1) {
        const [from, to] = i % 2 === 0 ? [alice, bob] : [bob, alice];
        await tickets.connect(from).transferFrom(from, to, id);
      }
      await refusesOperators(stage, id);
    });

    for (const [policy, maxGifts] of [
      ...[0, 1, 3, 15].map((times) => ["MARKET_ONLY", times] as const),
      ...[1, 3, 15].map((times) => ["GIFT", times] as const),
    ]) {
      it(`${policy}: the holder gives ${maxGifts} times, nobody else does`, async () => {
        const stage = await loadFixture(ticketsFixture);
        const { tickets, alice, bob } = stage;
        const id = await sell(stage, { policy: POLICY[policy], maxGifts });
        await refusesOperators(stage, id);
        let [from, to] = [alice, bob];
        for (let i = 0; i < maxGifts; i += 1) {
          await tickets.connect(from).transferFrom(from, to, id);
          [from, to] = [to, from];
        }
        await expect(tickets.connect(from).transferFrom(from, to, id))
          .to.be.revertedWithCustomError(tickets, "TicketsGiftsSpent")
          .withArgs(id, maxGifts);
        expect(await tickets.isTransferable(id, from, to)).to.equal(false);
      });
    }

    it("FROZEN: nobody moves anything", async () => {
      const stage = await loadFixture(ticketsFixture);
      const { tickets, alice, bob } = stage;
      const id = await sell(stage, { policy: POLICY.FROZEN, maxGifts: 15 });
      await expect(tickets.connect(alice).transferFrom(alice, bob, id))
        .to.be.revertedWithCustomError(tickets, "TicketsPolicyForbids")
        .withArgs(id, alice);
      await refusesOperators(stage, id);
      expect(await tickets.isTransferable(id, alice, bob)).to.equal(false);
    });

    it("judges each ticket by its own event", async () => {
      const stage = await loadFixture(openFixture);
      const { tickets, alice, bob, id } = stage;
      await createEvent(stage, { eventId: 8n, policy: POLICY.FROZEN });
      await mint(stage, { eventId: 8n, to: alice.address });
      await tickets.connect(alice).transferFrom(alice, bob, id);
      await expect(
        tickets.connect(alice).transferFrom(alice, bob, seatId({ eventId: 8n })),
      ).to.be.revertedWithCustomError(tickets, "TicketsPolicyForbids");
    });
  });

  describe("safeTransferFrom", () => {
    it("gives to a wallet without code", async () => {
      const { tickets, alice, bob, id } = await loadFixture(soldFixture);
      await tickets.connect(alice)[SAFE](alice, bob, id);
      expect(await tickets.ownerOf(id)).to.equal(bob);
    });

    it("tells a wallet with code who sent what from whom", async () => {
      const { tickets, alice, bob, id } = await loadFixture(openFixture);
      const wallet = await ethers.deployContract("AcceptingWallet");
      await tickets.connect(alice).approve(bob, id);
      await expect(tickets.connect(bob)[SAFE_WITH_DATA](alice, wallet, id, "0x1234"))
        .to.emit(wallet, "Received")
        .withArgs(bob, alice, id, "0x1234");
      await expect(tickets.connect(alice)[SAFE](alice, wallet, id + 1n))
        .to.emit(wallet, "Received")
        .withArgs(alice, alice, id + 1n, "0x");
      expect(await tickets.balanceOf(wallet)).to.equal(2n);
    });

    it("refuses wallets with code that refuse, or that know nothing of tickets", async () => {
      const { tickets, alice, id } = await loadFixture(openFixture);
      for (const name of ["RefusingWallet", "DeafWallet"]) {
        const wallet = await ethers.deployContract(name);
        await expect(tickets.connect(alice)[SAFE](alice, wallet, id))
          .to.be.revertedWithCustomError(tickets, "ERC721InvalidReceiver")
          .withArgs(wallet);
      }
      expect(await tickets.ownerOf(id)).to.equal(alice);
    });

    it("passes on the reason of a wallet that reverts", async () => {
      const { tickets, alice, id } = await loadFixture(openFixture);
      const wallet = await ethers.deployContract("RevertingWallet");
      await expect(tickets.connect(alice)[SAFE](alice, wallet, id)).to.be.revertedWithCustomError(
        wallet,
        "NotToday",
      );
    });

    it("is complete before the receiver is called, so that it can pass the ticket on", async () => {
      const { tickets, alice, bob, id } = await loadFixture(openFixture);
      const wallet = await ethers.deployContract("ReenteringWallet", [bob]);
      await tickets.connect(alice)[SAFE](alice, wallet, id);
      expect(await tickets.ownerOf(id)).to.equal(bob);
      expect(await tickets.balanceOf(wallet)).to.equal(0n);
      expect((await tickets.ticketOf(id)).nonce).to.equal(2n);
    });

    it("does not let a receiver exceed the gifts of the policy", async () => {
      const { tickets, alice, bob, id } = await loadFixture(soldFixture);
      const wallet = await ethers.deployContract("ReenteringWallet", [bob]);
      await expect(tickets.connect(alice)[SAFE](alice, wallet, id))
        .to.be.revertedWithCustomError(tickets, "TicketsGiftsSpent")
        .withArgs(id, 1);
    });
  });
});

/** alice holds seats 1 to 3 of an event with policy OPEN. */
async function openFixture() {
  const stage = await ticketsFixture();
  const terms = await createEvent(stage, { policy: POLICY.OPEN });
  await mint(stage, { to: stage.alice.address, count: 3 });
  return { ...stage, terms, id: seatId({}) };
}

/** Creates the event and gives alice a ticket. */
async function sell(stage: Stage, terms: { policy: number; maxGifts: number }): Promise<bigint> {
  await createEvent(stage, terms);
  await mint(stage, { to: stage.alice.address });
  return seatId({});
}

async function refusesOperators(stage: Stage, id: bigint): Promise<void> {
  const { tickets, alice, bob, carol, stranger } = stage;
  await tickets.connect(alice).approve(carol, id);
  await tickets.connect(alice).setApprovalForAll(stranger, true);
  for (const operator of [carol, stranger]) {
    await expect(tickets.connect(operator).transferFrom(alice, bob, id))
      .to.be.revertedWithCustomError(tickets, "TicketsPolicyForbids")
      .withArgs(id, operator);
  }
}

/** Every way to move alice's ticket; carol must be approved for it. */
function attempts({ tickets, alice, bob, carol }: Stage) {
  const id = seatId({});
  return [
    () => tickets.connect(alice).transferFrom(alice, bob, id),
    () => tickets.connect(carol).transferFrom(alice, bob, id),
    () => tickets.connect(alice)[SAFE](alice, bob, id),
    () => tickets.connect(carol)[SAFE_WITH_DATA](alice, bob, id, "0x"),
  ];
}
