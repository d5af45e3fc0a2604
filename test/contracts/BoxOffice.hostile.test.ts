// Checks the box office with payers, signers and tokens that do what suits themselves.
import { expect } from "chai";
import {
  FACE,
  nativeOffice,
  orderFor,
  signAuthorisation,
  signPermitOf,
  TOKEN_FACE,
  tokenOffice,
} from "./office-fixture.ts";
import {
  createEvent,
  EVENT,
  ethers,
  loadFixture,
  MOOD,
  run,
  seatId,
  whileDelegated,
  ZERO,
} from "./tickets-fixture.ts";

const NOTHING = { validAfter: 0, deadline: 0, v: 0, r: ethers.ZeroHash, s: ethers.ZeroHash };
/** A signer that burns all its gas is refused for as little as this. */
const LIMITED = { gasLimit: 700_000 };

describe("BoxOffice", () => {
  describe("a payer that delegated its code (EIP-7702) to a wallet that knows nothing", () => {
    it("buy takes its native coin", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, tickets, alice, server } = stage;
      const { order, signature } = await orderFor(stage, { payer: alice.address });
      await whileDelegated(alice.address, () =>
        office.connect(alice).buy(order, server, signature, { value: 2n * FACE }),
      );
      expect(await tickets.ownerOf(seatId({}))).to.equal(alice);
    });

    it("buyWithPermit takes its key's permit", async () => {
      const stage = await loadFixture(tokenOffice);
      const { office, tickets, alice, server } = stage;
      const { order, signature } = await orderFor(stage);
      const consent = await signPermitOf(stage, alice, 2n * TOKEN_FACE);
      await whileDelegated(alice.address, () =>
        office.connect(alice).buyWithPermit(order, server, signature, consent),
      );
      expect(await tickets.ownerOf(seatId({}))).to.equal(alice);
    });

    it("buyFor takes its key's authorisation", async () => {
      const stage = await loadFixture(tokenOffice);
      const { office, tickets, alice, server } = stage;
      const { order, signature } = await orderFor(stage);
      const consent = await signAuthorisation(stage, alice, order, 2n * TOKEN_FACE);
      await whileDelegated(alice.address, () =>
        office.buyFor(order, server, signature, alice, consent),
      );
      expect(await tickets.ownerOf(seatId({}))).to.equal(alice);
    });
  });

  describe("a server that is a smart account (ERC-1271)", () => {
    it("sells while it stands by its voucher, and not otherwise", async () => {
      const stage = await loadFixture(tokenOffice);
      const { office, token, tickets, alice } = stage;
      const wallet = await ethers.deployContract("FickleWallet");
      await tickets.grantRole(ethers.id("VOUCHER_ROLE"), wallet);
      await token.connect(alice).getFunction("approve")(office, 2n * TOKEN_FACE);
      const { order } = await orderFor(stage);
      const asAlice = office.connect(alice);
      const consent = await signAuthorisation(stage, alice, order, 2n * TOKEN_FACE);
      for (const mood of [1, 2, 3, 4]) {
        await wallet.getFunction("feel")(mood);
        for (const sent of [
          () => asAlice.buy(order, wallet, "0x", LIMITED),
          () => asAlice.buyWithPermit(order, wallet, "0x", NOTHING, LIMITED),
          () => asAlice.buyFor(order, wallet, "0x", alice, consent, LIMITED),
        ]) {
          await expect(sent())
            .to.be.revertedWithCustomError(office, "BoxOfficeVoucherInvalid")
            .withArgs(wallet);
        }
      }
      await wallet.getFunction("feel")(0);
      await asAlice.buyFor(order, wallet, "0x", alice, consent);
      expect(await tickets.ownerOf(seatId({}))).to.equal(alice);
    });
  });

  describe("a payer on a token's list", () => {
    it("buys nothing, on no way to pay", async () => {
      const stage = await loadFixture(tokenOffice);
      const { office, token, tickets, alice, server } = stage;
      const { order, signature } = await orderFor(stage);
      await token.connect(alice).getFunction("approve")(office, 2n * TOKEN_FACE);
      const consent = await signAuthorisation(stage, alice, order, 2n * TOKEN_FACE);
      await token.getFunction("blacklist")(alice, true);
      const asAlice = office.connect(alice);
      for (const sent of [
        () => asAlice.buy(order, server, signature),
        () => asAlice.buyWithPermit(order, server, signature, NOTHING),
        () => office.buyFor(order, server, signature, alice, consent),
      ]) {
        await expect(sent()).to.be.revertedWithCustomError(token, "Blacklisted").withArgs(alice);
      }
      await expect(tickets.ownerOf(seatId({}))).to.be.revertedWithCustomError(
        tickets,
        "ERC721NonexistentToken",
      );
    });
  });

  describe("a token that calls its receivers (ERC-777)", () => {
    it("sells, and owes a holder that refuses its refund", async () => {
      const { office, token, tickets, refunder, holder, id } = await loadFixture(callingFixture);
      await tickets.connect(refunder).void([id]);
      await holder.getFunction("feel")(MOOD.REFUSE, ZERO, "0x");
      await office.refund([id]);
      expect(await office.creditOf(holder, token)).to.equal(TOKEN_FACE);
      await holder.getFunction("feel")(MOOD.TAKE, ZERO, "0x");
      await office.withdraw(holder, token);
      expect(await token.getFunction("balanceOf")(holder)).to.equal(TOKEN_FACE);
    });

    it("lets a holder withdraw once, who calls back for more", async () => {
      const { office, token, tickets, refunder, holder, id } = await loadFixture(callingFixture);
      await tickets.connect(refunder).void([id]);
      await holder.getFunction("feel")(MOOD.REFUSE, ZERO, "0x");
      await office.refund([id]);
      const again = office.interface.encodeFunctionData("withdraw", [
        await holder.getAddress(),
        await token.getAddress(),
      ]);
      await holder.getFunction("feel")(MOOD.REENTER, office, again);
      await office.withdraw(holder, token);
      expect(await holder.getFunction("reentered")()).to.equal(false);
      expect(await token.getFunction("balanceOf")(holder)).to.equal(TOKEN_FACE);
      expect(await office.creditOf(holder, token)).to.equal(0n);
    });
  });

  describe("withdraw, by an account that calls back for more", () => {
    it("pays its credit once", async () => {
      const stage = await loadFixture(owedFixture);
      const { office, holder } = stage;
      const address = await holder.getAddress();
      const again = office.interface.encodeFunctionData("withdraw", [address, ZERO]);
      await holder.getFunction("feel")(MOOD.REENTER, office, again);
      await expect(office.withdraw(holder, ZERO)).to.changeEtherBalances(
        ethers,
        [holder, office],
        [FACE, -FACE],
      );
      expect(await holder.getFunction("reentered")()).to.equal(false);
      expect(await office.escrowOf(EVENT)).to.equal(FACE);
    });
  });
});

/** A contract that refuses coin is owed for its ticket; another ticket's price is in escrow. */
async function owedFixture() {
  const stage = await nativeOffice();
  const { office, tickets, alice, refunder, server } = stage;
  const holder = await ethers.deployContract("HostilePayee");
  const to = await holder.getAddress();
  const { order, signature } = await orderFor(stage, { runs: run({ to, count: 2 }) });
  await office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
  await holder.getFunction("feel")(MOOD.REFUSE, ZERO, "0x");
  await tickets.connect(refunder).void([seatId({})]);
  await office.refund([seatId({})]);
  expect(await office.creditOf(holder, ZERO)).to.equal(FACE);
  return { ...stage, holder };
}

/** alice bought a ticket of event 8 for a contract that the event's token calls. */
async function callingFixture() {
  const stage = await nativeOffice();
  const { office, alice, server } = stage;
  const token = await ethers.deployContract("CallingToken");
  const [currency, boxOffice] = await Promise.all([token.getAddress(), office.getAddress()]);
  await createEvent(stage, { eventId: 8n, currency, boxOffice });
  const holder = await ethers.deployContract("HostilePayee");
  await token.getFunction("register")(holder);
  await token.getFunction("mint")(alice, 2n * TOKEN_FACE);
  await (token.connect(alice) as typeof token).getFunction("approve")(office, 2n * TOKEN_FACE);
  const runs = run({ to: await holder.getAddress(), count: 2 });
  const { order, signature } = await orderFor(stage, { eventId: 8n, runs });
  await office.connect(alice).buy(order, server, signature);
  return { ...stage, token, holder, id: seatId({ eventId: 8n }) };
}
