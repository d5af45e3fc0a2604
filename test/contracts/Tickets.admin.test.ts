// Checks who grants the keys, and how that right changes hands.
import { expect } from "chai";
import { DAY_S, ethers, loadFixture, ticketsFixture, time, ZERO } from "./tickets-fixture.ts";

const ADMIN_ROLE = ethers.ZeroHash;
const ADMIN_DELAY_S = 3 * DAY_S;
const DUTIES = [
  "MINTER_ROLE",
  "VOUCHER_ROLE",
  "GATE_ROLE",
  "ORGANISER_ROLE",
  "REFUNDER_ROLE",
  "GUARDIAN_ROLE",
] as const;
const GATE_ROLE = ethers.id("GATE_ROLE");

describe("Tickets", () => {
  describe("constructor", () => {
    it("gives the admin role to one account, and no other role to anybody", async () => {
      const { admin } = await loadFixture(ticketsFixture);
      const tickets = await ethers.deployContract("Tickets", [admin]);
      expect(await tickets.getFunction("hasRole")(ADMIN_ROLE, admin)).to.equal(true);
      for (const duty of DUTIES) {
        expect(await tickets.getFunction("hasRole")(ethers.id(duty), admin)).to.equal(false);
      }
    });

    it("refuses admin zero", async () => {
      const { tickets } = await loadFixture(ticketsFixture);
      await expect(ethers.deployContract("Tickets", [ZERO]))
        .to.be.revertedWithCustomError(tickets, "TicketsAdminZero")
        .withArgs();
    });
  });

  describe("MINTER_ROLE, VOUCHER_ROLE, GATE_ROLE, ORGANISER_ROLE, REFUNDER_ROLE, GUARDIAN_ROLE", () => {
    for (const duty of DUTIES) {
      it(`${duty} is the hash of its name`, async () => {
        const { tickets } = await loadFixture(ticketsFixture);
        expect(await tickets[duty]()).to.equal(ethers.id(duty));
      });
    }
  });

  describe("DEFAULT_ADMIN_ROLE and getRoleAdmin", () => {
    it("name the one role that grants every other", async () => {
      const { tickets } = await loadFixture(ticketsFixture);
      expect(await tickets.DEFAULT_ADMIN_ROLE()).to.equal(ADMIN_ROLE);
      for (const duty of DUTIES) {
        expect(await tickets.getRoleAdmin(ethers.id(duty))).to.equal(ADMIN_ROLE);
      }
    });
  });

  describe("defaultAdmin, owner and pendingAdmin", () => {
    it("tell the admin under both names, and nobody who waits", async () => {
      const { tickets, admin } = await loadFixture(ticketsFixture);
      expect(await tickets.defaultAdmin()).to.equal(admin);
      expect(await tickets.owner()).to.equal(admin);
      expect(await tickets.pendingAdmin()).to.deep.equal([ZERO, 0n]);
    });
  });

  describe("grantRole and hasRole", () => keepsRoles("grantRole"));
  describe("revokeRole and hasRole", () => keepsRoles("revokeRole"));

  describe("renounceRole", () => {
    it("lets a key give up its own duty, and the admin not its own", async () => {
      const { tickets, admin, gate } = await loadFixture(ticketsFixture);
      await tickets.connect(gate).renounceRole(GATE_ROLE, gate);
      expect(await tickets.hasRole(GATE_ROLE, gate)).to.equal(false);
      await expect(
        tickets.connect(admin).renounceRole(ADMIN_ROLE, admin),
      ).to.be.revertedWithCustomError(tickets, "TicketsAdminByHandOverOnly");
    });
  });

  describe("offerAdmin, ADMIN_DELAY and acceptAdmin", () => {
    it("hand the admin role over in two steps, three days apart", async () => {
      const { tickets, admin, stranger } = await loadFixture(ticketsFixture);
      expect(await tickets.ADMIN_DELAY()).to.equal(ADMIN_DELAY_S);
      const offeredAt = (await time.latest()) + 100;
      const acceptFrom = offeredAt + ADMIN_DELAY_S;
      await time.setNextBlockTimestamp(offeredAt);
      await expect(tickets.connect(admin).offerAdmin(stranger))
        .to.emit(tickets, "AdminOffered")
        .withArgs(stranger, acceptFrom);
      expect(await tickets.pendingAdmin()).to.deep.equal([stranger.address, BigInt(acceptFrom)]);
      await time.setNextBlockTimestamp(acceptFrom - 1);
      await expect(tickets.connect(stranger).acceptAdmin())
        .to.be.revertedWithCustomError(tickets, "TicketsAdminTooEarly")
        .withArgs(acceptFrom);
      await time.setNextBlockTimestamp(acceptFrom);
      await tickets.connect(stranger).acceptAdmin();
      expect(await tickets.defaultAdmin()).to.equal(stranger);
      expect(await tickets.owner()).to.equal(stranger);
      expect(await tickets.hasRole(ADMIN_ROLE, stranger)).to.equal(true);
      expect(await tickets.hasRole(ADMIN_ROLE, admin)).to.equal(false);
    });

    it("hand it over once: the offer is spent", async () => {
      const { tickets, admin, stranger } = await loadFixture(ticketsFixture);
      await tickets.connect(admin).offerAdmin(stranger);
      await time.increase(ADMIN_DELAY_S + 1);
      await tickets.connect(stranger).acceptAdmin();
      await expect(tickets.connect(stranger).acceptAdmin())
        .to.be.revertedWithCustomError(tickets, "TicketsNotPendingAdmin")
        .withArgs(stranger);
      await expect(tickets.connect(admin).offerAdmin(admin))
        .to.be.revertedWithCustomError(tickets, "AccessControlUnauthorizedAccount")
        .withArgs(admin, ADMIN_ROLE);
    });

    it("hand it to nobody else, and not after the offer was taken back", async () => {
      const { tickets, admin, stranger } = await loadFixture(ticketsFixture);
      await expect(tickets.connect(stranger).offerAdmin(stranger))
        .to.be.revertedWithCustomError(tickets, "AccessControlUnauthorizedAccount")
        .withArgs(stranger, ADMIN_ROLE);
      await tickets.connect(admin).offerAdmin(stranger);
      await tickets.connect(admin).offerAdmin(ZERO);
      await time.increase(ADMIN_DELAY_S + 1);
      await expect(tickets.connect(stranger).acceptAdmin())
        .to.be.revertedWithCustomError(tickets, "TicketsNotPendingAdmin")
        .withArgs(stranger);
    });
  });
});

function keepsRoles(method: "grantRole" | "revokeRole"): void {
  const gives = method === "grantRole";

  it(`${gives ? "gives" : "takes"} a role, once, and says so`, async () => {
    const { tickets, admin, gate, stranger } = await loadFixture(ticketsFixture);
    const account = gives ? stranger : gate;
    expect(await tickets.hasRole(GATE_ROLE, account)).to.equal(!gives);
    const sent = tickets.connect(admin)[method](GATE_ROLE, account);
    const event = gives ? "RoleGranted" : "RoleRevoked";
    await expect(sent).to.emit(tickets, event).withArgs(GATE_ROLE, account, admin);
    expect(await tickets.hasRole(GATE_ROLE, account)).to.equal(gives);
    const again = tickets.connect(admin)[method](GATE_ROLE, account);
    await expect(again).not.to.emit(tickets, event);
  });

  it("refuses everybody but the admin", async () => {
    const { tickets, gate, organiser, guardian } = await loadFixture(ticketsFixture);
    for (const caller of [gate, organiser, guardian]) {
      await expect(tickets.connect(caller)[method](GATE_ROLE, gate))
        .to.be.revertedWithCustomError(tickets, "AccessControlUnauthorizedAccount")
        .withArgs(caller, ADMIN_ROLE);
    }
  });

  it("refuses the admin role itself: there is always exactly one admin", async () => {
    const { tickets, admin, stranger } = await loadFixture(ticketsFixture);
    const account = gives ? stranger : admin;
    await expect(tickets.connect(admin)[method](ADMIN_ROLE, account)).to.be.revertedWithCustomError(
      tickets,
      "TicketsAdminByHandOverOnly",
    );
    expect(await tickets.defaultAdmin()).to.equal(admin);
  });
}
