// Checks the views of the contracts that handle money.
import { expect } from "chai";
import { FACE, nativeOffice, orderFor } from "./office-fixture.ts";
import { NATIVE_FACE, nativeFixture, offer } from "./resale-fixture.ts";
import { EVENT, ethers, loadFixture, MOOD, ZERO } from "./tickets-fixture.ts";

const PUSH_GAS = 200_000n;

describe("BoxOffice", () => {
  describe("TICKETS and PUSH_GAS", () => {
    it("are the collection it sells for and the gas that a payment gets", async () => {
      const { office, tickets } = await loadFixture(nativeOffice);
      expect(await office.getFunction("TICKETS")()).to.equal(tickets);
      expect(await office.getFunction("PUSH_GAS")()).to.equal(PUSH_GAS);
    });
  });

  describe("eip712Domain", () => {
    it("tells what vouchers are signed for (ERC-5267)", async () => {
      const { office } = await loadFixture(nativeOffice);
      const found = await office.getFunction("eip712Domain")();
      expect(found.fields).to.equal("0x0f");
      expect([found.name, found.version]).to.deep.equal(["Stagedoor BoxOffice", "1"]);
      expect(found.verifyingContract).to.equal(await office.getAddress());
      expect(found.chainId).to.equal((await ethers.provider.getNetwork()).chainId);
      expect([found.salt, [...found.extensions]]).to.deep.equal([ethers.ZeroHash, []]);
    });
  });

  describe("escrowOf, fundsOf, floorOf and creditOf", () => {
    it("are nothing before anything happened", async () => {
      const { office, alice } = await loadFixture(nativeOffice);
      expect(await office.escrowOf(EVENT)).to.equal(0n);
      expect(await office.fundsOf(EVENT)).to.equal(0n);
      expect(await office.floorOf(EVENT, 0)).to.equal(0n);
      expect(await office.creditOf(alice, ZERO)).to.equal(0n);
    });

    it("tell apart what fans paid and what an organiser added", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, server, organiser, alice } = stage;
      const { order, signature } = await orderFor(stage);
      await office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
      await office.connect(organiser).fundRefunds(EVENT, 7n, { value: 7n });
      expect(await office.escrowOf(EVENT)).to.equal(2n * FACE);
      expect(await office.fundsOf(EVENT)).to.equal(7n);
      expect(await office.escrowOf(EVENT + 1n)).to.equal(0n);
      expect(await office.fundsOf(EVENT + 1n)).to.equal(0n);
    });
  });
});

describe("Resale", () => {
  describe("TICKETS, SPLITS and PUSH_GAS", () => {
    it("are the collection, its shares and the gas that a payment gets", async () => {
      const { resale, tickets, splits } = await loadFixture(nativeFixture);
      expect(await resale.getFunction("TICKETS")()).to.equal(tickets);
      expect(await resale.getFunction("SPLITS")()).to.equal(splits);
      expect(await resale.PUSH_GAS()).to.equal(PUSH_GAS);
    });
  });

  describe("potOf", () => {
    it("is one event's royalties in one currency", async () => {
      const stage = await loadFixture(nativeFixture);
      const { resale, bob } = stage;
      const { ask, signature, value } = await offer(stage);
      await resale.connect(bob).buy(ask, bob, signature, { value });
      expect(await resale.potOf(EVENT, ZERO)).to.equal(NATIVE_FACE / 10n);
      expect(await resale.potOf(EVENT + 1n, ZERO)).to.equal(0n);
      expect(await resale.potOf(EVENT, bob)).to.equal(0n);
    });
  });

  describe("creditOf", () => {
    it("is what a fee's receiver would not take, under its name and in its currency", async () => {
      const stage = await loadFixture(nativeFixture);
      const { resale, bob } = stage;
      const payee = await ethers.deployContract("HostilePayee");
      await payee.getFunction("feel")(MOOD.REFUSE, ZERO, "0x");
      const feeTo = await payee.getAddress();
      const { ask, signature, value } = await offer(stage, { feeBps: 500, feeTo });
      await resale.connect(bob).buy(ask, bob, signature, { value });
      expect(await resale.creditOf(feeTo, ZERO)).to.equal(NATIVE_FACE / 20n);
      expect(await resale.creditOf(feeTo, bob)).to.equal(0n);
      expect(await resale.creditOf(bob, ZERO)).to.equal(0n);
    });
  });
});

describe("Splits", () => {
  describe("TICKETS and eip712Domain", () => {
    it("are the collection and what payees sign for", async () => {
      const { splits, tickets } = await loadFixture(nativeFixture);
      expect(await splits.getFunction("TICKETS")()).to.equal(tickets);
      const found = await splits.getFunction("eip712Domain")();
      expect([found.name, found.version]).to.deep.equal(["Stagedoor Splits", "1"]);
      expect(found.verifyingContract).to.equal(await splits.getAddress());
    });
  });
});
