// Checks that a sale needs the holder's signature over exactly this sale, and the event's consent.
import { expect } from "chai";
import type { Signer } from "ethers";
import {
  AT,
  createEvent,
  EVENT,
  ethers,
  FLAG,
  loadFixture,
  mint,
  POLICY,
  PRICE,
  seatId,
  type Terms,
  ticketsFixture,
  time,
  wordOf,
  writeWord,
  ZERO,
} from "./tickets-fixture.ts";
import { type Ask, askFor, domainOf, signAsk } from "./tickets-messages.ts";

const GWEI = 10n ** 9n;
/** An account that burns all its gas is refused for as little as this. */
const LIMITED = { gasLimit: 700_000 };
const CAP = (PRICE * GWEI * 11_000n) / 10_000n;

describe("Tickets", () => {
  describe("settle", () => {
    it("hands the ticket to the buyer and tells the market whom to pay", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, market, alice, bob, id } = stage;
      const ask = await askFor(stage, id, { price: CAP, feeBps: 500 });
      const signature = await signAsk(stage, alice, ask);
      const before = await wordOf(stage, id);
      const answer = await tickets.connect(market).settle.staticCall(ask, bob, signature);
      expect(answer).to.deep.equal([alice.address, 1_000n]);
      await expect(tickets.connect(market).settle(ask, bob, signature))
        .to.emit(tickets, "Transfer")
        .withArgs(alice, bob, id);
      const moved = before - BigInt(alice.address) + BigInt(bob.address) + (1n << AT.nonce);
      expect(await wordOf(stage, id)).to.equal(moved | (FLAG.RESOLD << AT.flags));
      expect(await tickets.balanceOf(bob)).to.equal(1n);
    });

    it("settles an ask once, also when the ticket comes back", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, market, alice, bob, id } = stage;
      const ask = await askFor(stage, id);
      const signature = await signAsk(stage, alice, ask);
      await tickets.connect(market).settle(ask, bob, signature);
      await tickets.connect(bob).transferFrom(bob, alice, id);
      await expect(tickets.connect(market).settle(ask, bob, signature))
        .to.be.revertedWithCustomError(tickets, "TicketsNonceStale")
        .withArgs(id, 0, 2);
    });

    it("refuses an ask that the holder cancelled", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, alice, id } = stage;
      const ask = await askFor(stage, id);
      await tickets.connect(alice).cancel(id);
      await refuses(stage, ask, "TicketsNonceStale", [id, 0, 1]);
    });

    it("refuses every caller but the market that the ask names", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, alice, bob, admin, id, market } = stage;
      const ask = await askFor(stage, id);
      const signature = await signAsk(stage, alice, ask);
      for (const caller of [admin, alice, bob, stage.minter, stage.organiser]) {
        await expect(tickets.connect(caller).settle(ask, bob, signature))
          .to.be.revertedWithCustomError(tickets, "TicketsNotAskMarket")
          .withArgs(caller, market);
      }
    });

    it("refuses a market that is not on the event's list, or no longer", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, organiser, market, stranger, id } = stage;
      const other = await askFor(stage, id, { market: stranger.address });
      await refuses(stage, other, "TicketsMarketUnknown", [EVENT, stranger], stranger);
      await tickets.connect(organiser).setMarket(EVENT, market, false);
      await refuses(stage, await askFor(stage, id), "TicketsMarketUnknown", [EVENT, market]);
    });

    it("refuses after the deadline, to the second", async () => {
      const stage = await loadFixture(saleFixture);
      const ask = await askFor(stage, stage.id);
      await time.setNextBlockTimestamp(ask.deadline + 1);
      await refuses(stage, ask, "TicketsSignatureExpired", [stage.id, ask.deadline]);
    });

    it("refuses any buyer but the one that the ask allows, and wallet zero", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, market, alice, bob, carol, id } = stage;
      const ask = await askFor(stage, id, { allowedBuyer: carol.address });
      await refuses(stage, ask, "TicketsBuyerForbidden", [id, bob, carol]);
      const signature = await signAsk(stage, alice, ask);
      await expect(tickets.connect(market).settle(ask, ZERO, signature))
        .to.be.revertedWithCustomError(tickets, "ERC721InvalidReceiver")
        .withArgs(ZERO);
      await tickets.connect(market).settle(ask, carol, signature);
      expect(await tickets.ownerOf(id)).to.equal(carol);
    });

    it("refuses a price above the cap by the smallest unit", async () => {
      const stage = await loadFixture(saleFixture);
      const price = CAP + 1n;
      const ask = await askFor(stage, stage.id, { price });
      await refuses(stage, ask, "TicketsPriceOverCap", [stage.id, price, CAP]);
      const huge = await askFor(stage, stage.id, { price: 2n ** 256n - 1n });
      await refuses(stage, huge, "TicketsPriceOverCap", [stage.id, huge.price, CAP]);
    });

    it("refuses a fee above the event's", async () => {
      const stage = await loadFixture(saleFixture);
      const ask = await askFor(stage, stage.id, { feeBps: 501 });
      await refuses(stage, ask, "TicketsFeeOverCap", [stage.id, 501, 500]);
    });

    it("refuses another currency", async () => {
      const stage = await loadFixture(saleFixture);
      const ask = await askFor(stage, stage.id, { currency: stage.carol.address });
      await refuses(stage, ask, "TicketsCurrencyWrong", [stage.id, stage.carol, ZERO]);
    });

    it("refuses at nonce 4095, where signatures could not be told apart", async () => {
      const stage = await loadFixture(saleFixture);
      await writeWord(stage, stage.id, (await wordOf(stage, stage.id)) | (4_095n << AT.nonce));
      await refuses(stage, await askFor(stage, stage.id), "TicketsNonceSpent", [stage.id]);
    });

    it("refuses at nonce 4094, which would leave the buyer where no pass counts", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, market, alice, bob, id } = stage;
      await writeWord(stage, id, (await wordOf(stage, id)) | (4_094n << AT.nonce));
      await refuses(stage, await askFor(stage, id), "TicketsNonceSpent", [id]);
      await writeWord(stage, id, (await wordOf(stage, id)) - (1n << AT.nonce));
      const ask = await askFor(stage, id);
      await tickets.connect(market).settle(ask, bob, await signAsk(stage, alice, ask));
      expect((await tickets.ticketOf(id)).nonce).to.equal(4_094n);
    });

    it("refuses a ticket that does not exist", async () => {
      const stage = await loadFixture(saleFixture);
      const ask = { ...(await askFor(stage, stage.id)), id: stage.id + 9n };
      await refuses(stage, ask, "ERC721NonexistentToken", [stage.id + 9n]);
    });

    it("refuses a signature by anybody else, of anything else, or for another contract", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, market, alice, bob, admin, id } = stage;
      const ask = await askFor(stage, id, { price: 5n });
      const other = await ethers.deployContract("Tickets", [admin]);
      const signatures = [
        await signAsk(stage, bob, ask),
        await signAsk(stage, admin, ask),
        await signAsk(stage, alice, { ...ask, price: 6n }),
        await signAsk({ tickets: other as unknown as typeof tickets }, alice, ask),
        "0x",
        ethers.hexlify(ethers.randomBytes(65)),
      ];
      for (const signature of signatures) {
        await expect(tickets.connect(market).settle(ask, bob, signature))
          .to.be.revertedWithCustomError(tickets, "TicketsSignatureInvalid")
          .withArgs(alice);
      }
    });

    for (const [flag, error] of [
      ["USED", "TicketsTicketUsed"],
      ["VOID", "TicketsTicketVoid"],
      ["LOCKED", "TicketsTicketLocked"],
    ] as const) {
      it(`refuses a ticket that is ${flag}`, async () => {
        const stage = await loadFixture(saleFixture);
        await writeWord(
          stage,
          stage.id,
          (await wordOf(stage, stage.id)) | (FLAG[flag] << AT.flags),
        );
        await refuses(stage, await askFor(stage, stage.id), error, [stage.id]);
      });
    }

    it("refuses from the freeze on", async () => {
      const stage = await loadFixture(saleFixture);
      const { id, terms } = stage;
      await time.increaseTo(terms.freezeAt);
      await refuses(stage, await askFor(stage, id), "TicketsTransfersFrozen", [id, terms.freezeAt]);
    });

    it("keeps a ticket paid by card until the lock ends, a return to the organiser apart", async () => {
      const stage = await onSale({ lockMinutes: 60 });
      const { tickets, market, alice, organiser, id } = stage;
      const { createdAt } = await tickets.eventOf(EVENT);
      const until = createdAt + 3_600n;
      await refuses(stage, await askFor(stage, id), "TicketsCardLocked", [id, until]);
      const dear = await askFor(stage, id, { price: PRICE * GWEI + 1n });
      const dearly = await signAsk(stage, alice, dear);
      await expect(tickets.connect(market).settle(dear, organiser, dearly))
        .to.be.revertedWithCustomError(tickets, "TicketsCardLocked")
        .withArgs(id, until);
      const atFace = await askFor(stage, id, { price: PRICE * GWEI });
      const signature = await signAsk(stage, alice, atFace);
      await tickets.connect(market).settle(atFace, organiser, signature);
      expect(await tickets.ownerOf(id)).to.equal(organiser);
      await time.increaseTo(until);
      const ask = await askFor(stage, id + 1n);
      await tickets.connect(market).settle(ask, stage.bob, await signAsk(stage, alice, ask));
    });

    it("keeps no ticket that was not paid by card", async () => {
      const stage = await onSale({ policy: POLICY.OPEN, lockMinutes: 60 });
      const { tickets, market, alice, bob, id } = stage;
      for (const each of [id, id + 1n]) {
        await writeWord(stage, each, (await wordOf(stage, each)) & ~(FLAG.CARD << AT.flags));
      }
      await tickets.connect(alice).transferFrom(alice, bob, id);
      const ask = await askFor(stage, id + 1n);
      await tickets.connect(market).settle(ask, bob, await signAsk(stage, alice, ask));
      expect(await tickets.balanceOf(bob)).to.equal(2n);
    });

    it("FROZEN: sells to nobody but the organiser", async () => {
      const stage = await onSale({ policy: POLICY.FROZEN });
      const { tickets, market, alice, organiser, id } = stage;
      const ask = await askFor(stage, id);
      await refuses(stage, ask, "TicketsPolicyForbids", [id, market]);
      const signature = await signAsk(stage, alice, ask);
      await tickets.connect(market).settle(ask, organiser, signature);
      expect(await tickets.ownerOf(id)).to.equal(organiser);
    });

    it("follows a smart account's mind at the moment of the sale", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, market, alice, bob, id } = stage;
      const wallet = await ethers.deployContract("FickleWallet");
      const address = await wallet.getAddress();
      await tickets.connect(alice).transferFrom(alice, wallet, id);
      const ask = await askFor(stage, id);
      for (const mood of [1, 2, 3, 4]) {
        await wallet.getFunction("feel")(mood);
        await expect(tickets.connect(market).settle(ask, bob, "0x", LIMITED))
          .to.be.revertedWithCustomError(tickets, "TicketsSignatureInvalid")
          .withArgs(address);
      }
      await wallet.getFunction("feel")(0);
      await tickets.connect(market).settle(ask, bob, "0x");
      expect(await tickets.ownerOf(id)).to.equal(bob);
    });

    it("honours the key of an account that delegated its code (EIP-7702)", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, market, alice, bob, id } = stage;
      const deaf = await ethers.deployContract("DeafWallet");
      const delegation = ethers.concat(["0xef0100", await deaf.getAddress()]);
      const ask = await askFor(stage, id);
      const signature = await signAsk(stage, alice, ask);
      await ethers.provider.send("hardhat_setCode", [alice.address, delegation]);
      await tickets.connect(market).settle(ask, bob, signature);
      expect(await tickets.ownerOf(id)).to.equal(bob);
      // fixtures that are made later start from here, and would find her refusing money
      await ethers.provider.send("hardhat_setCode", [alice.address, "0x"]);
    });
  });

  describe("eip712Domain", () => {
    it("tells what the asks are signed with (ERC-5267)", async () => {
      const { tickets } = await loadFixture(saleFixture);
      const { name, version, chainId, verifyingContract } = await domainOf(tickets);
      const expected = ["0x0f", name, version, chainId, verifyingContract, ethers.ZeroHash, []];
      expect(await tickets.eip712Domain()).to.deep.equal(expected);
      const separator = ethers.TypedDataEncoder.hashDomain(await domainOf(tickets));
      expect(await tickets.DOMAIN_SEPARATOR()).to.equal(separator);
    });
  });
});

function saleFixture() {
  return onSale({});
}

/** alice holds seats 1 to 3 of an event that one market may resell. */
async function onSale(changes: Partial<Terms>) {
  const stage = await ticketsFixture();
  const terms = await createEvent(stage, changes);
  await stage.tickets.connect(stage.organiser).setMarket(EVENT, stage.market, true);
  await mint(stage, { to: stage.alice.address, count: 3 });
  return { ...stage, terms, id: seatId({}) };
}

async function refuses(
  stage: Awaited<ReturnType<typeof saleFixture>>,
  ask: Ask,
  error: string,
  args: unknown[],
  caller: Signer = stage.market,
): Promise<void> {
  const signature = await signAsk(stage, stage.alice, ask);
  await expect(stage.tickets.connect(caller).settle(ask, stage.bob, signature))
    .to.be.revertedWithCustomError(stage.tickets, error)
    .withArgs(...args);
}
