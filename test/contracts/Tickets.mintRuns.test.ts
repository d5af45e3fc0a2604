// Checks that a mint does exactly what its records say, or nothing.
import { expect } from "chai";
import {
  AT,
  CLASS,
  createEvent,
  EVENT,
  ethers,
  eventFixture,
  FLAG,
  loadFixture,
  mint,
  PRICE,
  run,
  type Seat,
  type Stage,
  seatId,
  soldFixture,
  time,
  wordOf,
  writeWord,
  ZERO,
} from "./tickets-fixture.ts";

describe("Tickets", () => {
  describe("mintRuns", () => {
    it("mints a run of neighbours, one Transfer each, then the receipt", async () => {
      const stage = await loadFixture(eventFixture);
      const { tickets, alice } = stage;
      const sent = await mint(stage, { to: alice.address, seat: 5n, count: 3 });
      const receipt = await sent.wait();
      const names = receipt.logs.map((log: { fragment: { name: string } }) => log.fragment.name);
      expect(names).to.deep.equal(["Transfer", "Transfer", "Transfer", "BatchMinted"]);
      for (const seat of [5n, 6n, 7n]) {
        const id = seatId({ seat });
        await expect(sent).to.emit(tickets, "Transfer").withArgs(ZERO, alice, id);
        expect(await tickets.ownerOf(id)).to.equal(alice);
      }
      await expect(sent).to.emit(tickets, "BatchMinted").withArgs(EVENT, CLASS.PUBLIC, PRICE, 3n);
      expect(await tickets.balanceOf(alice)).to.equal(3n);
      await expect(tickets.ownerOf(seatId({ seat: 8n })))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(seatId({ seat: 8n }));
    });

    it("mints several runs to several wallets in one call", async () => {
      const stage = await loadFixture(eventFixture);
      const { tickets, alice, bob } = stage;
      const first = { section: 4095n, row: 4095n, seat: 0n };
      const sent = mintAs(stage, [
        run({ to: alice.address, ...first, count: 255 }),
        run({ to: bob.address, section: 0n, row: 0n, seat: 4095n }),
        run({ to: alice.address, row: 2n, count: 2 }),
      ]);
      await expect(sent).to.emit(tickets, "BatchMinted").withArgs(EVENT, 0, PRICE, 258n);
      expect(await tickets.balanceOf(alice)).to.equal(257n);
      expect(await tickets.ownerOf(seatId({ ...first, seat: 254n }))).to.equal(alice);
      expect(await tickets.ownerOf(seatId({ section: 0n, row: 0n, seat: 4095n }))).to.equal(bob);
    });

    it("writes owner, face, minutes since creation and that it was sold off chain, and nothing else", async () => {
      const stage = await loadFixture(eventFixture);
      const { createdAt } = await stage.tickets.eventOf(EVENT);
      await time.setNextBlockTimestamp(createdAt + 60n * 90n + 59n);
      await mint(stage, { to: stage.alice.address });
      expect(await wordOf(stage, seatId({}))).to.equal(
        BigInt(stage.alice.address) |
          (PRICE << AT.face) |
          (FLAG.CARD << AT.flags) |
          (90n << AT.since),
      );
    });

    it("stores the largest price, and a gift's price of nothing", async () => {
      const stage = await loadFixture(eventFixture);
      const price = 2n ** 48n - 1n;
      await mintAs(stage, [run({ to: stage.alice.address })], { price });
      await mintAs(stage, [run({ to: stage.bob.address, seat: 2n })], { price: 0n });
      expect((await stage.tickets.ticketOf(seatId({}))).face).to.equal(price);
      expect((await stage.tickets.ticketOf(seatId({ seat: 2n }))).face).to.equal(0n);
    });

    it("keeps the age at its largest after 31 years", async () => {
      const stage = await loadFixture(eventFixture);
      await time.increase(2 ** 24 * 60 + 600);
      await mint(stage, { to: stage.alice.address });
      expect((await stage.tickets.ticketOf(seatId({}))).since).to.equal(2 ** 24 - 1);
    });

    it("counts each class on its own", async () => {
      const stage = await loadFixture(eventFixture);
      for (const [i, cls] of Object.values(CLASS).entries()) {
        const seats = { to: stage.alice.address, row: BigInt(i), count: i + 1 };
        await mintAs(stage, [run(seats)], { cls });
      }
      for (const [i, cls] of Object.values(CLASS).entries()) {
        expect(await stage.tickets.classOf(EVENT, cls)).to.deep.equal([1_000n, BigInt(i + 1)]);
      }
    });

    it("does not call back a receiver with code", async () => {
      const stage = await loadFixture(eventFixture);
      const deaf = await ethers.deployContract("RevertingWallet");
      await mint(stage, { to: await deaf.getAddress() });
      expect(await stage.tickets.ownerOf(seatId({}))).to.equal(deaf);
    });

    it("fills a class to its cap, and refuses one more", async () => {
      const stage = await loadFixture(eventFixture);
      await createEvent(stage, { eventId: 8n, caps: [3, 0, 0, 0, 0] });
      await mint(stage, { eventId: 8n, to: stage.alice.address, count: 2 });
      const two = { eventId: 8n, to: stage.alice.address, seat: 3n, count: 2 };
      await expect(mint(stage, two))
        .to.be.revertedWithCustomError(stage.tickets, "TicketsClassCapExceeded")
        .withArgs(8n, CLASS.PUBLIC, 3n, 4n);
      await mint(stage, { ...two, count: 1 });
      expect(await stage.tickets.classOf(8n, CLASS.PUBLIC)).to.deep.equal([3n, 3n]);
    });

    it("refuses a class that does not exist", async () => {
      const stage = await loadFixture(eventFixture);
      for (const cls of [5, 255]) {
        await expect(mintAs(stage, [run({ to: stage.alice.address })], { cls }))
          .to.be.revertedWithCustomError(stage.tickets, "TicketsClassUnknown")
          .withArgs(cls);
      }
    });

    it("refuses an event that does not exist", async () => {
      const stage = await loadFixture(eventFixture);
      for (const eventId of [8n, EVENT + (1n << 23n), 2n ** 256n - 1n]) {
        await expect(mint(stage, { eventId, to: stage.alice.address }))
          .to.be.revertedWithCustomError(stage.tickets, "TicketsEventUnknown")
          .withArgs(eventId);
      }
    });

    it("refuses a seat that is taken, and mints none of the rest", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, bob } = stage;
      const runs = [
        run({ to: bob.address, row: 2n, count: 2 }),
        run({ to: bob.address, seat: 2n, count: 4 }),
      ];
      await expect(mintAs(stage, runs))
        .to.be.revertedWithCustomError(tickets, "TicketsSeatTaken")
        .withArgs(seatId({ seat: 2n }));
      expect(await tickets.balanceOf(bob)).to.equal(0n);
      expect(await tickets.classOf(EVENT, CLASS.PUBLIC)).to.deep.equal([1_000n, 3n]);
    });

    it("refuses a seat named twice in one call", async () => {
      const stage = await loadFixture(eventFixture);
      const once = run({ to: stage.alice.address });
      await expect(mintAs(stage, [once, once]))
        .to.be.revertedWithCustomError(stage.tickets, "TicketsSeatTaken")
        .withArgs(seatId({}));
    });

    it("refuses wallet zero", async () => {
      const stage = await loadFixture(eventFixture);
      await expect(mint(stage, { to: ZERO }))
        .to.be.revertedWithCustomError(stage.tickets, "ERC721InvalidReceiver")
        .withArgs(ZERO);
    });

    it("refuses an empty run", async () => {
      const stage = await loadFixture(eventFixture);
      await expect(mint(stage, { to: stage.alice.address, count: 0 }))
        .to.be.revertedWithCustomError(stage.tickets, "TicketsRunEmpty")
        .withArgs(seatId({}));
    });

    it("ends a run at the row's last seat, and refuses one that goes on", async () => {
      const stage = await loadFixture(eventFixture);
      const last = { to: stage.alice.address, seat: 4094n };
      await expect(mint(stage, { ...last, count: 3 }))
        .to.be.revertedWithCustomError(stage.tickets, "TicketsRunCrossesRow")
        .withArgs(seatId({ seat: 4094n }), 3n);
      await mint(stage, { ...last, count: 2 });
      expect(await stage.tickets.balanceOf(stage.alice)).to.equal(2n);
    });

    for (const bytes of [0, 1, 25, 27, 51, 53]) {
      it(`refuses runs of ${bytes} bytes`, async () => {
        const { tickets, minter, alice } = await loadFixture(eventFixture);
        const whole = ethers.concat([1n, 2n, 3n].map((seat) => run({ to: alice.address, seat })));
        const runs = ethers.dataSlice(whole, 0, bytes);
        await expect(tickets.connect(minter).mintRuns(EVENT, CLASS.PUBLIC, PRICE, runs))
          .to.be.revertedWithCustomError(tickets, "TicketsRunsMalformed")
          .withArgs(bytes);
      });
    }

    describe("of a later issue", () => {
      it("mints when the issue before it is void, without a further unit of stock", async () => {
        const stage = await loadFixture(soldFixture);
        const { tickets, refunder, bob, id } = stage;
        await tickets.connect(refunder).void([id]);
        await mint(stage, { to: bob.address, issue: 1n });
        expect(await tickets.ownerOf(seatId({ issue: 1n }))).to.equal(bob);
        expect(await tickets.classOf(EVENT, CLASS.PUBLIC)).to.deep.equal([1_000n, 3n]);
      });

      it("announces reissues and first issues of one call together", async () => {
        const stage = await loadFixture(soldFixture);
        const { tickets, refunder, bob, id } = stage;
        await tickets.connect(refunder).void([id, id + 1n]);
        const runs = [
          run({ to: bob.address, issue: 1n, count: 2 }),
          run({ to: bob.address, seat: 4n }),
        ];
        await expect(mintAs(stage, runs))
          .to.emit(tickets, "BatchMinted")
          .withArgs(EVENT, CLASS.PUBLIC, PRICE, 3n);
        expect(await tickets.classOf(EVENT, CLASS.PUBLIC)).to.deep.equal([1_000n, 4n]);
      });

      it("refuses while the issue before it is valid, used or was never minted", async () => {
        const stage = await loadFixture(soldFixture);
        await refusesReissue(stage, {}, 1n);
        await refusesReissue(stage, { seat: 9n }, 1n);
        await writeWord(stage, stage.id, (await wordOf(stage, stage.id)) | (FLAG.USED << AT.flags));
        await refusesReissue(stage, {}, 1n);
      });

      it("refuses to skip an issue", async () => {
        const stage = await loadFixture(soldFixture);
        await stage.tickets.connect(stage.refunder).void([stage.id]);
        await refusesReissue(stage, {}, 2n);
      });

      it("refuses a run of which one seat cannot be reissued", async () => {
        const stage = await loadFixture(soldFixture);
        await stage.tickets.connect(stage.refunder).void([stage.id]);
        const two = { to: stage.bob.address, issue: 1n, count: 2 };
        await expect(mint(stage, two))
          .to.be.revertedWithCustomError(stage.tickets, "TicketsPreviousIssueNotVoid")
          .withArgs(seatId({ issue: 1n, seat: 2n }), seatId({ seat: 2n }));
      });

      it("refuses a void ticket's own id", async () => {
        const stage = await loadFixture(soldFixture);
        await stage.tickets.connect(stage.refunder).void([stage.id]);
        await expect(mint(stage, { to: stage.bob.address }))
          .to.be.revertedWithCustomError(stage.tickets, "TicketsSeatTaken")
          .withArgs(stage.id);
      });

      it("reissues a seat up to issue 15", async () => {
        const stage = await loadFixture(soldFixture);
        for (let issue = 1n; issue <= 15n; issue += 1n) {
          await stage.tickets.connect(stage.refunder).void([seatId({ issue: issue - 1n })]);
          await mint(stage, { to: stage.bob.address, issue });
        }
        expect(await stage.tickets.ownerOf(seatId({ issue: 15n }))).to.equal(stage.bob);
        expect(await stage.tickets.balanceOf(stage.bob)).to.equal(15n);
      });
    });
  });
});

function mintAs(
  { tickets, minter }: Stage,
  runs: string[],
  { cls = CLASS.PUBLIC as number, price = PRICE } = {},
) {
  return tickets.connect(minter).mintRuns(EVENT, cls, price, ethers.concat(runs));
}

async function refusesReissue(stage: Stage, seat: Seat, issue: bigint): Promise<void> {
  await expect(mint(stage, { to: stage.bob.address, ...seat, issue }))
    .to.be.revertedWithCustomError(stage.tickets, "TicketsPreviousIssueNotVoid")
    .withArgs(seatId({ ...seat, issue }), seatId({ ...seat, issue: issue - 1n }));
}
